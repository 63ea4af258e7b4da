/** A refusal as an HTTP answer: its status, its headers, its JSON. */
import { STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { ERROR_CODES, type Refusal } from "@tidewire/protocol";

/** Seconds after which to try again what may succeed then. */
const RETRY_AFTER_SECONDS = 1;

export interface RefusalAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export function answerRefusal({ code, message }: Refusal): RefusalAnswer {
  const { status, retry } = ERROR_CODES[code];
  const headers = {
    "content-type": "application/json; charset=utf-8",
    ...(retry && { "retry-after": String(RETRY_AFTER_SECONDS) }),
  };
  return { status, headers, body: JSON.stringify({ error: { code, message } }) };
}

/** Answers on a socket that no HTTP server speaks for (any more), and ends it. */
export function refuseSocket(socket: Duplex, refusal: Refusal): void {
  const { status, headers, body } = answerRefusal(refusal);
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    "connection: close",
    `content-length: ${Buffer.byteLength(body)}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    // RFC 6455, section 4.4: what a client that asked for another version should ask for.
    "sec-websocket-version: 13",
  ];
  socket.once("finish", () => socket.destroy());
  socket.end(`${lines.join("\r\n")}\r\n\r\n${body}`);
}
