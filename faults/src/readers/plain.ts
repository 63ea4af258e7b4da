/** Reads as a browser console does: payloads and nothing else; only a close can tell it that something is missing. */
import { CLOSE_CODES } from "@tidewire/protocol";
import { connectPlain } from "@tidewire/testkit";
import { signInHeaders, webSocketUrl } from "../door.ts";
import type { Reader, ReaderOptions } from "./reader.ts";
import { ReturningSocket } from "./returning-socket.ts";

export class PlainReader implements Reader {
  readonly #options: ReaderOptions;
  readonly #connection: ReturningSocket;
  #hasBegun = false;

  constructor(options: ReaderOptions) {
    this.#options = options;
    this.#connection = new ReturningSocket(() => this.#readOnce());
  }

  get record() {
    return this.#options.record;
  }

  pause(): void {
    this.#connection.pause();
  }

  resume(): void {
    this.#connection.resume();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#connection.end();
  }

  async #readOnce(): Promise<void> {
    const { door, record } = this.#options;
    const headers = await signInHeaders(door);
    const url = `${webSocketUrl(door)}?channel=${record.channel}`;
    await using client = await connectPlain(url, [], { headers, handshakeTimeout: 5_000 });
    if (this.#connection.isEnding) return;
    this.#connection.hold(client.socket);
    this.#connection.begin();
    if (!this.#hasBegun) record.begin();
    this.#hasBegun = true;
    try {
      for (;;) record.hear(String(await client.next()));
    } catch {
      const { code, reason } = await client.closed;
      if (this.#connection.isEnding) return;
      record.notice(code === CLOSE_CODES.gap.code ? "gap" : "return", `closed: ${code} ${reason}`);
    }
  }
}
