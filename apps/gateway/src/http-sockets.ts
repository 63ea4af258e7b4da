/**
 * The sockets of HTTP clients, and how many requests on each are not answered yet: several may wait there, one behind
 * the other.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";

interface Use {
  unanswered: number;
  readonly onClose: () => void;
}

export class HttpSockets {
  readonly #uses = new Map<Socket, Use>();
  #isEnding = false;

  /** To be called for each new connection. */
  add(socket: Socket): void {
    const onClose = () => this.release(socket);
    this.#uses.set(socket, { unanswered: 0, onClose });
    socket.once("close", onClose);
    this.#endIfIdle(socket);
  }

  /** It speaks another protocol from here on, and whoever took it over ends it: nothing of this is left on it. */
  release(socket: Socket): void {
    const use = this.#uses.get(socket);
    if (!use) return;
    this.#uses.delete(socket);
    socket.off("close", use.onClose);
  }

  /** To be called for each request that could be parsed. */
  watch({ socket }: IncomingMessage, response: ServerResponse): void {
    this.#count(socket, 1);
    response.once("close", () => {
      this.#count(socket, -1);
      this.#endIfIdle(socket);
    });
  }

  unansweredOn(socket: Socket): number {
    return this.#uses.get(socket)?.unanswered ?? 0;
  }

  /**
   * From now on each socket ends with the last answer on it, and one on which nobody waits for an answer at once.
   * Node.js has its own `closeIdleConnections`, which does more and less: it cuts connections on which an answer waits to
   * be sent, and leaves those that become idle afterwards and, before version 26, those on which nothing was ever asked,
   * as browsers open them in advance.
   */
  end(): void {
    this.#isEnding = true;
    for (const socket of this.#uses.keys()) this.#endIfIdle(socket);
  }

  #count(socket: Socket, change: 1 | -1): void {
    const use = this.#uses.get(socket);
    if (use) use.unanswered += change;
  }

  #endIfIdle(socket: Socket): void {
    if (this.#isEnding && this.#uses.get(socket)?.unanswered === 0) socket.destroySoon();
  }
}
