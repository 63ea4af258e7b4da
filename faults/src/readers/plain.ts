/** Reads as a browser console does: payloads and nothing else; only a close can tell it that something is missing. */
import { CLOSE_CODES } from "@tidewire/protocol";
import { connectPlain, type PlainClient } from "@tidewire/testkit";
import { signInHeaders, webSocketUrl } from "../door.ts";
import { comeBack, type Reader, type ReaderOptions } from "./reader.ts";

export class PlainReader implements Reader {
  readonly #options: ReaderOptions;
  readonly #stop = new AbortController();
  readonly #ended: Promise<void>;
  #client: PlainClient | undefined;
  #isPaused = false;
  #hasBegun = false;

  constructor(options: ReaderOptions) {
    this.#options = options;
    this.#ended = comeBack(this.#stop.signal, () => this.#readOnce());
  }

  get record() {
    return this.#options.record;
  }

  pause(): void {
    this.#isPaused = true;
    this.#client?.socket.pause();
  }

  resume(): void {
    this.#isPaused = false;
    this.#client?.socket.resume();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    this.resume();
    this.#client?.socket.terminate();
    await this.#ended;
  }

  async #readOnce(): Promise<void> {
    const { door, record } = this.#options;
    const headers = await signInHeaders(door);
    const url = `${webSocketUrl(door)}?channel=${record.channel}`;
    await using client = await connectPlain(url, [], { headers, handshakeTimeout: 5_000 });
    if (this.#stop.signal.aborted) return;
    this.#client = client;
    if (this.#isPaused) client.socket.pause();
    if (!this.#hasBegun) record.begin();
    this.#hasBegun = true;
    try {
      for (;;) record.hear(String(await client.next()));
    } catch {
      const { code, reason } = await client.closed;
      if (this.#stop.signal.aborted) return;
      record.notice(code === CLOSE_CODES.gap.code ? "gap" : "return", `closed: ${code} ${reason}`);
    }
  }
}
