/** Stands in for a gateway's history and events: one channel with positions p1, p2, …, and faults on demand. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface Asked {
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly authorization: string | undefined;
  readonly lastEventId: string | undefined;
}

export interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

export class FakeStreamGateway implements AsyncDisposable {
  readonly asked: Asked[] = [];
  /** All requests are refused with this while it is there. */
  refusal: Refusal | undefined;
  /** What history answers instead of a page. */
  answer: unknown;
  /** Nothing is kept of the channel, and messages have no positions. */
  isLive = false;
  /** What goes first on every connection. */
  greeting = ": hello\n\n";
  /** What it says that events are. */
  eventsType = "text/event-stream";

  readonly #server: Server;
  readonly #kept: string[] = [];
  readonly #readers = new Set<ServerResponse>();
  #onReader: (() => void) | undefined;

  private constructor() {
    this.#server = createServer((request, response) => this.#take(request, response));
  }

  static async start(): Promise<FakeStreamGateway> {
    const gateway = new FakeStreamGateway();
    gateway.#server.listen(0, "127.0.0.1");
    await once(gateway.#server, "listening");
    return gateway;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Resolves when somebody follows the channel. */
  async reader(): Promise<void> {
    if (this.#readers.size === 0) await new Promise<void>((resolve) => (this.#onReader = resolve));
  }

  publish(...payloads: string[]): void {
    for (const payload of payloads) {
      this.#kept.push(payload);
      this.send(this.#event(this.#kept.length));
    }
  }

  /** Sends this text to everybody who follows, as it is. */
  send(text: string): void {
    for (const reader of this.#readers) reader.write(text);
  }

  /** Cuts everybody off, once they have what was sent. What is published next they have to come back for. */
  cut(): void {
    for (const reader of this.#readers) reader.socket?.destroySoon();
    this.#readers.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  #take(request: IncomingMessage, response: ServerResponse): void {
    const { pathname, searchParams } = new URL(request.url ?? "", this.url);
    const query = Object.fromEntries(searchParams);
    const { authorization, "last-event-id": lastEventId } = request.headers;
    this.asked.push({ path: pathname, query, authorization, lastEventId: lastEventId as string | undefined });
    if (this.refusal) {
      const { status, ...error } = this.refusal;
      answerJson(response, status, { error });
    } else if (pathname === "/api/v1/history") this.#history(response);
    else this.#events(response, lastEventId as string | undefined, query);
  }

  #history(response: ServerResponse): void {
    if (this.isLive) {
      const error = { code: "unsupported", message: "Nothing is kept of this channel." };
      answerJson(response, 501, { error });
      return;
    }
    const messages = this.#kept.map((data, index) => ({ position: `p${index + 1}`, time: 1, data }));
    const position = `p${this.#kept.length}`;
    const page = { channel: "kept", messages, complete: true, more: false, position };
    answerJson(response, 200, this.answer ?? page);
  }

  #events(response: ServerResponse, lastEventId: string | undefined, query: Asked["query"]): void {
    response.writeHead(200, { "content-type": this.eventsType }).write(this.greeting);
    const from = lastEventId ?? query["since"];
    const end = this.#kept.length;
    const start = from === undefined ? Math.max(0, end - Number(query["last"] ?? 0)) : Number(from.slice(1));
    // First of all, where it is.
    if (!this.isLive) response.write(`id: p${start}\n\n`);
    for (let number = start + 1; number <= end && !this.isLive; number += 1) {
      response.write(this.#event(number));
    }
    this.#readers.add(response);
    response.on("close", () => this.#readers.delete(response));
    this.#onReader?.();
  }

  #event(number: number): string {
    const data = (this.#kept[number - 1] ?? "").split("\n").map((line) => `data: ${line}\n`);
    return `${this.isLive ? "" : `id: p${number}\n`}${data.join("")}\n`;
  }
}

function answerJson(response: ServerResponse, status: number, body: unknown): void {
  // A text goes out as it is: JSON.stringify would change numbers that JavaScript can't hold.
  const text = typeof body === "string" ? body : JSON.stringify(body);
  response.writeHead(status, { "content-type": "application/json" }).end(text);
}
