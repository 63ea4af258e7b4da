/** The environment of a command under test that waits for its gateway as long as it takes; see patient-gateway. */
const { href } = new URL("./patient-gateway.ts", import.meta.url);

export const PATIENT_ENV = { PATH: process.env["PATH"], NODE_OPTIONS: `--import=${href}` };
