/** The lines of a valid upgrade of a plain client, for tests that write to a socket themselves. */
export const HANDSHAKE: readonly string[] = [
  "GET / HTTP/1.1",
  "host: localhost",
  "connection: upgrade",
  "upgrade: websocket",
  "sec-websocket-version: 13",
  "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==",
];
