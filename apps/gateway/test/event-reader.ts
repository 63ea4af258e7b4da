/** A reader of server-sent events for tests: reads as section 9.2 of WHATWG HTML says, with nothing missed. */
import { Inbox } from "@tidewire/testkit";
import { ChannelRuleInput } from "../src/channel-rules.ts";
import type { TestGateway } from "./test-gateway.ts";

export interface ServerEvent {
  readonly event: string;
  readonly data: string;
  /** The last id that was said by then. */
  readonly id: string;
}

/** Rules under which what is published on `kept:*` is kept, and of `short:*` the last one. */
export const KEPT = {
  "kept:*": ChannelRuleInput.parse({ history: { size: 10_000 } }),
  "short:*": ChannelRuleInput.parse({ history: { size: 1 } }),
};

export class EventReader implements AsyncDisposable {
  readonly response: Response;
  readonly events = new Inbox<ServerEvent>();
  readonly comments = new Inbox<string>();
  /** What the reader was told to wait before it comes back. */
  readonly retries = new Inbox<number>();
  /** Settles when the events have ended, well or not. */
  readonly ended: Promise<void>;
  lastId = "";
  readonly #abort: AbortController;
  #event = "message";
  #data: string[] = [];

  constructor(response: Response, abort: AbortController) {
    this.response = response;
    this.#abort = abort;
    this.ended = this.#read().catch(() => {});
  }

  next(): Promise<ServerEvent> {
    return this.events.next();
  }

  async data(count: number): Promise<string[]> {
    return (await this.events.take(count)).map(({ data }) => data);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#abort.abort();
    await this.ended;
  }

  async #read(): Promise<void> {
    const decoder = new TextDecoder();
    let rest = "";
    try {
      for await (const chunk of this.response.body ?? []) {
        rest += decoder.decode(chunk, { stream: true });
        const lines = rest.split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines) this.#hear(line);
      }
    } finally {
      this.events.end("the events have ended");
      this.comments.end("the events have ended");
    }
  }

  #hear(line: string): void {
    if (line === "") return this.#dispatch();
    const [, name = "", value = ""] = /^([^:]*):? ?(.*)$/.exec(line) ?? [];
    if (name === "") this.comments.push(value);
    else if (name === "id") this.lastId = value;
    else if (name === "event") this.#event = value;
    else if (name === "data") this.#data.push(value);
    else if (name === "retry") this.retries.push(Number(value));
  }

  #dispatch(): void {
    const [event, data] = [this.#event, this.#data];
    this.#event = "message";
    this.#data = [];
    if (data.length > 0) this.events.push({ event, data: data.join("\n"), id: this.lastId });
  }
}

/** Rejects when there is no answer; one that is a refusal has no events. */
export async function readEvents(
  gateway: Pick<TestGateway, "url">,
  query: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<EventReader> {
  const abort = new AbortController();
  const url = `${gateway.url}api/v1/events${query}`;
  return new EventReader(await fetch(url, { headers, signal: abort.signal }), abort);
}
