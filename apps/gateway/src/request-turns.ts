/**
 * Requests on one connection, one after the other. HTTP lets a client ask on without waiting for answers, and what is
 * made for one that does not read them has to be held.
 *
 * Invariant: of each connection one request is handled at a time, and few wait.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** Requests that may wait behind another one of their connection. */
const MAX_WAITING = 16;

export class RequestTurns {
  readonly #waiting = new WeakMap<Socket, number>();

  /** Settles when it is the turn of the request; never where too many wait, and then the connection is cut. */
  async wait({ socket }: IncomingMessage, response: ServerResponse): Promise<void> {
    // An answer has a socket while it is the next one on it.
    if (response.socket !== null) return;
    const waiting = (this.#waiting.get(socket) ?? 0) + 1;
    this.#waiting.set(socket, waiting);
    if (waiting > MAX_WAITING) socket.destroy();
    await new Promise((resolve) => response.once("socket", resolve));
    this.#waiting.set(socket, (this.#waiting.get(socket) ?? 0) - 1);
  }
}
