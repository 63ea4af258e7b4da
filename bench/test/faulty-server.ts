/** A WebSocket server that passes publications on as a test says, well or badly. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { Redis } from "ioredis";
import { type WebSocket, WebSocketServer } from "ws";

/** One connection of the load generator. */
export interface Reader {
  /** From 0, in the order of the handshakes. */
  readonly index: number;
  channel: string;
  readonly client: WebSocket;
  /** The socket under `client`, for bytes that no sound server would write. */
  readonly socket: Socket;
  /** What the generator has sent, as `text:…` or `binary:…`. */
  readonly heard: string[];
}

export interface Message {
  readonly channel: string;
  /** That of the marker; 0 for a probe. */
  readonly number: number;
  readonly payload: Buffer;
}

export interface Behaviour {
  /** Called for each reader of the channel. @default sends the payload as text */
  readonly deliver?: (reader: Reader, message: Message) => void;
  /** Called for each reader, once its connection is open. */
  readonly greet?: (reader: Reader) => void;
  /** The status of answers to handshakes and to publications over HTTP, when they are to be refused. */
  readonly refusal?: number;
}

export function sendTo({ client }: Reader, payload: Buffer | string): void {
  client.send(payload, { binary: false });
}

let count = 0;

export class FaultyServer implements AsyncDisposable {
  readonly readers: Reader[] = [];
  readonly messages: Message[] = [];
  /** The heads of publications over HTTP. */
  readonly requests: IncomingMessage[] = [];
  readonly #behaviour: Behaviour;
  readonly #server = createServer((request, response) => void this.#take(request, response));
  readonly #sockets = new WebSocketServer({ noServer: true });
  readonly #redis: Redis;
  readonly #redisPort: number;
  /** Channels of its own, on a Redis that it shares with others. */
  readonly #prefix: string;

  private constructor(redisPort: number, behaviour: Behaviour) {
    count += 1;
    this.#prefix = `channel-${process.pid}-${count}-`;
    this.#behaviour = behaviour;
    this.#redisPort = redisPort;
    this.#redis = new Redis(redisPort, "127.0.0.1");
    this.#redis.on("pmessageBuffer", (_pattern: Buffer, channel: Buffer, payload: Buffer) =>
      this.publish(channel.toString(), payload),
    );
    // A generator that is done, or that fails, resets its connections.
    this.#server.on("connection", (socket: Socket) => socket.on("error", () => {}));
    this.#server.on("upgrade", (request, socket, head) => this.#upgrade(request, socket as Socket, head));
  }

  static async start(redisPort: number, behaviour: Behaviour = {}): Promise<FaultyServer> {
    const server = new FaultyServer(redisPort, behaviour);
    await server.#redis.psubscribe(`${server.#prefix}*`);
    server.#server.listen(0, "127.0.0.1");
    await once(server.#server, "listening");
    return server;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** The template of its channels. */
  get template(): string {
    return `${this.#prefix}%d`;
  }

  /** Options of a load generator that publishes on Redis and names its channel in the path. */
  get options(): string[] {
    const publish = ["--publish", "redis", "--publish-port", String(this.#redisPort)];
    const subscribe = ["--path", `/?channel=${this.template}`, "--channel", this.template];
    return ["--port", String(this.port), ...publish, ...subscribe];
  }

  publish(channel: string, payload: Buffer): void {
    const number = Number(/@@(\d+),/.exec(payload.toString("latin1"))?.[1]);
    const message = { channel, number, payload };
    this.messages.push(message);
    const { deliver = (reader) => sendTo(reader, payload) } = this.#behaviour;
    for (const reader of this.readers) if (reader.channel === channel) deliver(reader, message);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#redis.disconnect();
    for (const { client } of this.readers) client.terminate();
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, "close");
  }

  #upgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    if (this.#behaviour.refusal !== undefined) {
      socket.end(`HTTP/1.1 ${this.#behaviour.refusal} No\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    const { searchParams } = new URL(request.url ?? "/", "http://127.0.0.1");
    this.#sockets.handleUpgrade(request, socket, head, (client) => {
      const channel = searchParams.get("channel") ?? "";
      const reader: Reader = { index: this.readers.length, channel, client, socket, heard: [] };
      this.readers.push(reader);
      client.on("error", () => {});
      client.on("message", (data: Buffer, isBinary) => {
        reader.heard.push(`${isBinary ? "binary" : "text"}:${data.toString()}`);
        const [command, name] = data.toString().split(" ");
        if (command === "join") reader.channel = name ?? "";
      });
      client.on("pong", (data) => reader.heard.push(`pong:${data.toString()}`));
      this.#behaviour.greet?.(reader);
    });
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = Buffer.concat(await request.toArray());
    response.statusCode = this.#behaviour.refusal ?? 200;
    response.end("{}");
    this.requests.push(request);
    const { searchParams } = new URL(request.url ?? "/", "http://127.0.0.1");
    if (this.#behaviour.refusal === undefined) this.publish(searchParams.get("channel") ?? "", body);
  }
}
