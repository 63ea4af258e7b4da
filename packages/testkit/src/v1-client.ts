/** A client of `tidewire.v1` for tests: requests with their replies, pushes in order, nothing missed. */
import { once } from "node:events";
import { type ClientOptions, WebSocket } from "ws";
import { Inbox } from "./inbox.ts";
import type { Closed } from "./plain-client.ts";

/** A line, parsed. */
export type V1Message = Readonly<Record<string, unknown>> & { readonly type: string };

export class V1Client implements AsyncDisposable {
  readonly socket: WebSocket;
  /** What came unasked, in order. */
  readonly pushes = new Inbox<V1Message>();
  /** Text messages as they came, whole. */
  readonly frames = new Inbox<string>();
  readonly closed: Promise<Closed>;
  readonly #replies = new Map<number, PromiseWithResolvers<V1Message>>();
  #lastId = 0;

  constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on("message", (data: Buffer) => this.#receive(data.toString()));
    this.closed = new Promise((resolve) => {
      socket.once("close", (code, reason) => {
        const end = `the connection was closed: ${code} ${reason.toString()}`;
        this.pushes.end(end);
        this.frames.end(end);
        for (const { reject } of this.#replies.values()) reject(new Error(end));
        resolve({ code, reason: reason.toString() });
      });
    });
  }

  /** Sends a request; resolves to its reply, also when that is an error. */
  request(type: string, fields: Readonly<Record<string, unknown>> = {}): Promise<V1Message> {
    const id = this.nextId();
    const reply = this.replyTo(id);
    this.socket.send(JSON.stringify({ type, id, ...fields }));
    return reply;
  }

  nextId(): number {
    this.#lastId += 1;
    return this.#lastId;
  }

  /** The reply to a request that is sent by hand. */
  replyTo(id: number): Promise<V1Message> {
    const reply = Promise.withResolvers<V1Message>();
    // Nobody may be waiting when the connection ends.
    reply.promise.catch(() => {});
    this.#replies.set(id, reply);
    return reply.promise;
  }

  /** Several requests in one text message. */
  send(...lines: readonly (string | object)[]): void {
    this.socket.send(
      lines.map((line) => (typeof line === "string" ? line : JSON.stringify(line))).join("\n"),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.terminate();
    await this.closed;
  }

  #receive(frame: string): void {
    this.frames.push(frame);
    for (const line of frame.split("\n")) {
      const message = JSON.parse(line) as V1Message;
      if (typeof message["id"] === "number") this.#replies.get(message["id"])?.resolve(message);
      else this.pushes.push(message);
    }
  }
}

/** Resolves when the WebSocket is open; nothing was said yet. */
export async function connectV1(url: string, options: ClientOptions = {}): Promise<V1Client> {
  const client = new V1Client(new WebSocket(url, ["tidewire.v1"], options));
  await once(client.socket, "open");
  return client;
}
