/** How many requests of a socket are not answered yet: several may wait there, one behind the other. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";

export class Unanswered {
  readonly #counts = new WeakMap<Duplex, number>();

  /** To be called for each request that could be parsed. */
  watch({ socket }: IncomingMessage, response: ServerResponse): void {
    this.#count(socket, 1);
    response.once("close", () => this.#count(socket, -1));
  }

  countOn(socket: Duplex): number {
    return this.#counts.get(socket) ?? 0;
  }

  #count(socket: Duplex, change: 1 | -1): void {
    this.#counts.set(socket, this.countOn(socket) + change);
  }
}
