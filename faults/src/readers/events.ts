/** Reads server-sent events, as `EventSource` does: what it had last goes along when it comes back. */
import { createParser, type EventSourceMessage } from "eventsource-parser";
import { signInHeaders } from "../door.ts";
import { comeBack, type Reader, type ReaderOptions } from "./reader.ts";

export class EventsReader implements Reader {
  readonly #options: ReaderOptions;
  readonly #stop = new AbortController();
  readonly #ended: Promise<void>;
  #hasBegun = false;
  #lastId: string | undefined;

  constructor(options: ReaderOptions) {
    this.#options = options;
    this.#ended = comeBack(this.#stop.signal, () => this.#readOnce());
  }

  get record() {
    return this.#options.record;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#ended;
  }

  async #readOnce(): Promise<void> {
    const { door, record, isStream } = this.#options;
    const headers = await signInHeaders(door);
    if (this.#lastId !== undefined) headers["last-event-id"] = this.#lastId;
    const url = `${door.url}api/v1/events?channel=${record.channel}`;
    const response = await fetch(url, { headers, signal: this.#stop.signal });
    if (response.status !== 200) {
      await response.arrayBuffer();
      throw new Error(`refused with ${response.status}`);
    }
    const isBack = this.#hasBegun;
    // On a stream channel, whoever comes back with an id and is told of no gap is told that it is complete.
    if (isBack && !isStream) record.notice("return", "came back");
    else if (isBack && this.#lastId === undefined) record.notice("return", "came back without a position");
    await this.#hear(response);
  }

  async #hear(response: Response): Promise<void> {
    const decoder = new TextDecoder();
    const parser = createParser({
      onId: (id) => (this.#lastId = id),
      onEvent: (event) => this.#take(event),
      onComment: () => this.#begin(),
    });
    for await (const chunk of response.body ?? []) parser.feed(decoder.decode(chunk, { stream: true }));
  }

  #begin(): void {
    if (this.#hasBegun) return;
    this.#hasBegun = true;
    this.record.begin();
  }

  #take({ event, data, id }: EventSourceMessage): void {
    if (event === undefined) this.record.hear(data, id);
    else if (event === "gap") this.record.notice("gap", "a gap");
  }
}
