/** Requests that Node.js could not parse, or did not get in time: answered in the same form as every other refusal. */
import type { Socket } from "node:net";
import type { ErrorCode } from "@tidewire/protocol";
import { refuseSocket } from "./refusal.ts";
import type { HttpSockets } from "./http-sockets.ts";

/** What the parser reports besides plain nonsense. */
const CODES = new Map<string, ErrorCode>([
  ["ERR_HTTP_REQUEST_TIMEOUT", "timeout"],
  ["HPE_HEADER_OVERFLOW", "headers_too_large"],
]);

export class ParserErrors {
  readonly #onRefused: (code: ErrorCode) => void;
  readonly #sockets: HttpSockets;

  constructor(sockets: HttpSockets, onRefused: (code: ErrorCode) => void) {
    this.#sockets = sockets;
    this.#onRefused = onRefused;
  }

  /** Takes what the HTTP server's `clientError` event hands over. */
  handle(error: NodeJS.ErrnoException, socket: Socket): void {
    // Nobody is left to be refused, or nothing was asked: a port that was only tried, as health checks do.
    const isGone = error.code === "ECONNRESET" || !socket.writable || socket.bytesRead === 0;
    // What came before on this connection is still being answered, and this would be taken for that answer.
    if (isGone || this.#sockets.unansweredOn(socket) > 0) {
      socket.destroy();
      return;
    }
    const code = CODES.get(error.code ?? "") ?? "bad_request";
    this.#onRefused(code);
    refuseSocket(socket, { code, message: "The request can't be understood, or did not come in time." });
  }
}
