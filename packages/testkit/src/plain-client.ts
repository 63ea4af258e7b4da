/** A plain WebSocket client for tests: what a browser console does, with nothing missed. */
import { once } from "node:events";
import { type ClientOptions, WebSocket } from "ws";
import { Inbox } from "./inbox.ts";

export interface Closed {
  readonly code: number;
  readonly reason: string;
}

export class PlainClient implements AsyncDisposable {
  readonly socket: WebSocket;
  /** Payloads as they came: a string for a text frame, bytes for a binary one. */
  readonly inbox = new Inbox<string | Buffer>();
  readonly closed: Promise<Closed>;

  constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on("message", (data: Buffer, isBinary) => this.inbox.push(isBinary ? data : data.toString()));
    this.closed = new Promise((resolve) => {
      socket.once("close", (code, reason) => {
        resolve({ code, reason: reason.toString() });
        this.inbox.end(`the connection was closed: ${code} ${reason.toString()}`);
      });
    });
  }

  send(data: string | Buffer): void {
    this.socket.send(data);
  }

  next(): Promise<string | Buffer> {
    return this.inbox.next();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.terminate();
    await this.closed;
  }
}

/** Resolves when the WebSocket is open; rejects when the upgrade is refused. */
export async function connectPlain(
  url: string,
  protocols: readonly string[] = [],
  options: ClientOptions = {},
): Promise<PlainClient> {
  const client = new PlainClient(new WebSocket(url, [...protocols], options));
  await once(client.socket, "open");
  return client;
}

/** The HTTP answer to an upgrade that must be refused. */
export async function refusedUpgrade(
  url: string,
  protocols: readonly string[] = [],
  options: ClientOptions = {},
): Promise<{ readonly status: number; readonly body: unknown }> {
  const socket = new WebSocket(url, [...protocols], options);
  const answer = Promise.withResolvers<{ status: number; body: unknown }>();
  socket.once("open", () => answer.reject(new Error("the upgrade was accepted")));
  socket.once("error", answer.reject);
  socket.once("unexpected-response", (_request, response) => {
    const chunks: Buffer[] = [];
    response.on("data", (chunk: Buffer) => chunks.push(chunk));
    response.on("end", () => {
      const text = Buffer.concat(chunks).toString();
      answer.resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) as unknown });
    });
  });
  return answer.promise.finally(() => {
    socket.on("error", () => {});
    socket.terminate();
  });
}
