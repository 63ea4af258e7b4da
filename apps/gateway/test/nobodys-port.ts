/** A port on which nothing listens, and that the system gives to nobody: unlike one that was free a moment ago. */
export const NOBODYS_PORT = 2;
