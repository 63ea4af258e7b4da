/**
 * The connection of a reader that comes back over WebSockets, one after the other.
 *
 * Invariant: while it is paused nothing is taken from the socket that is held, and after `end` none is held.
 */
import type { PlainClient } from "@tidewire/testkit";
import { comeBack } from "./reader.ts";

type Socket = PlainClient["socket"];

export class ReturningSocket {
  readonly #stop = new AbortController();
  readonly #ended: Promise<void>;
  #socket: Socket | undefined;
  #isPaused = false;

  /** @param readOnce connects, and resolves when that connection has ended */
  constructor(readOnce: () => Promise<void>) {
    this.#ended = comeBack(this.#stop.signal, readOnce);
  }

  get isEnding(): boolean {
    return this.#stop.signal.aborted;
  }

  /** The connection of now. */
  hold(socket: Socket): void {
    this.#socket = socket;
  }

  /** What comes from now on is what a paused reader does not take. */
  begin(): void {
    if (this.#isPaused) this.#socket?.pause();
  }

  pause(): void {
    this.#isPaused = true;
    this.#socket?.pause();
  }

  resume(): void {
    this.#isPaused = false;
    this.#socket?.resume();
  }

  async end(): Promise<void> {
    this.#stop.abort();
    this.resume();
    this.#socket?.terminate();
    await this.#ended;
  }
}
