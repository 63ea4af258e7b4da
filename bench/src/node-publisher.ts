/** The one connection that publishes, for the load generator for Node: the same as load/publisher.c. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { LoadOptions } from "./load-options.ts";

/** Of Redis and NATS, and of HTTP. */
const ERROR = /^-/m;
const HTTP_ERROR = /HTTP\/1\.1 [45]/;

export class Publisher {
  readonly #options: LoadOptions;
  readonly #socket: Socket;
  #queue: Buffer[] = [];

  private constructor(options: LoadOptions, socket: Socket) {
    this.#options = options;
    this.#socket = socket;
  }

  static async open(options: LoadOptions, onFailure: (error: Error) => void): Promise<Publisher> {
    const socket = connect({ port: options.publishPort, host: "127.0.0.1", noDelay: true });
    await once(socket, "connect");
    socket.on("error", onFailure);
    socket.once("end", () => onFailure(new Error("the server closed the connection that publishes")));
    const refusal = options.publish === "http" ? HTTP_ERROR : ERROR;
    // Answers are read so that the server can go on, and looked at only so far as to notice a refusal.
    socket.setEncoding("latin1").on("data", (answer: string) => {
      if (refusal.test(answer)) onFailure(new Error(`a publication was refused: ${answer.slice(0, 200)}`));
      if (options.publish === "nats" && answer.includes("PING\r\n")) socket.write("PONG\r\n");
    });
    if (options.publish === "nats") socket.write('CONNECT {"verbose":false,"pedantic":false}\r\n');
    return new Publisher(options, socket);
  }

  /** Queues message `number` on the channel with that number, due at `due` nanoseconds. Number 0 is a probe. */
  add(number: number, channel: number, due: number): void {
    const { bytes, before, after, publish } = this.#options;
    const marker = `@@${number},${Math.round(due)};`;
    if (marker.length > bytes) throw new Error(`a marker of ${marker.length} bytes does not fit`);
    const body = Buffer.concat([before, Buffer.from(marker.padEnd(bytes, "x")), after]);
    this.#queue.push(this.#head(this.#options.channel.replaceAll("%d", String(channel)), body.length), body);
    if (publish !== "http") this.#queue.push(Buffer.from("\r\n"));
  }

  flush(): void {
    if (this.#queue.length === 0) return;
    this.#socket.write(Buffer.concat(this.#queue));
    this.#queue = [];
  }

  close(): void {
    this.#socket.destroy();
  }

  #head(channel: string, length: number): Buffer {
    const { publish, publishHeaders } = this.#options;
    if (publish === "nats") return Buffer.from(`PUB ${channel} ${length}\r\n`);
    if (publish === "http") {
      const headers = ["Host: 127.0.0.1", ...publishHeaders, `Content-Length: ${length}`];
      return Buffer.from(`POST ${channel} HTTP/1.1\r\n${headers.join("\r\n")}\r\n\r\n`);
    }
    const name = `$${Buffer.byteLength(channel)}\r\n${channel}`;
    if (publish === "stream") {
      return Buffer.from(`*5\r\n$4\r\nXADD\r\n${name}\r\n$1\r\n*\r\n$7\r\nmessage\r\n$${length}\r\n`);
    }
    return Buffer.from(`*3\r\n$7\r\nPUBLISH\r\n${name}\r\n$${length}\r\n`);
  }
}
