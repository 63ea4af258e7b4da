/** Publishes as any program on Redis does: `PUBLISH` on live channels, `XADD` on streams, several at a time. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { Outcome } from "../publication.ts";
import { encodeCommand, parseReply, type Reply } from "../resp.ts";
import { inTime, type Publisher, REFUSED, UNKNOWN } from "./publisher.ts";

export class RawPublisher implements Publisher {
  readonly mayRepeat = false;
  readonly #port: number;
  readonly #words: readonly string[];
  #connection: RedisConnection | undefined;

  /** @param isStream whether the channel is a stream */
  constructor(port: number, channel: string, isStream: boolean) {
    this.#port = port;
    this.#words = isStream ? ["XADD", channel, "*", "raw"] : ["PUBLISH", channel];
  }

  async publish(text: string): Promise<Outcome> {
    const connection = this.#connect();
    if (!(await inTime(connection.opened, false))) {
      this.#forget(connection);
      return REFUSED;
    }
    const outcome = await inTime(connection.ask([...this.#words, text]).then(outcomeOf), UNKNOWN);
    if (outcome.fate === "unknown") this.#forget(connection);
    return outcome;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#connection) this.#forget(this.#connection);
  }

  #connect(): RedisConnection {
    if (this.#connection?.isClosed !== false) this.#connection = new RedisConnection(this.#port);
    return this.#connection;
  }

  #forget(connection: RedisConnection): void {
    if (this.#connection === connection) this.#connection = undefined;
    connection.close();
  }
}

function outcomeOf(reply: Reply | undefined): Outcome {
  if (reply === undefined) return UNKNOWN;
  if (reply instanceof Error) return REFUSED;
  return { fate: "acknowledged", ...(typeof reply === "string" && { id: reply }) };
}

class RedisConnection {
  readonly #socket: Socket;
  readonly #waiting: ((reply: Reply | undefined) => void)[] = [];
  #rest: Buffer = Buffer.alloc(0);
  /** Resolves to whether it was opened. */
  readonly opened: Promise<boolean>;

  constructor(port: number) {
    this.#socket = connect({ port, host: "127.0.0.1", noDelay: true });
    this.opened = once(this.#socket, "connect").then(
      () => true,
      () => false,
    );
    this.#socket.on("error", () => {});
    this.#socket.on("data", (piece: Buffer) => this.#take(piece));
    this.#socket.on("close", () => {
      for (const resolve of this.#waiting.splice(0)) resolve(undefined);
    });
  }

  get isClosed(): boolean {
    return this.#socket.destroyed;
  }

  /** Resolves to `undefined` when the connection ends before the answer. */
  ask(words: readonly string[]): Promise<Reply | undefined> {
    const { promise, resolve } = Promise.withResolvers<Reply | undefined>();
    if (this.isClosed) resolve(undefined);
    else {
      this.#waiting.push(resolve);
      this.#socket.write(encodeCommand(words));
    }
    return promise;
  }

  close(): void {
    this.#socket.destroy();
  }

  #take(piece: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, piece]);
    for (let parsed = parseReply(this.#rest); parsed; parsed = parseReply(this.#rest)) {
      this.#rest = this.#rest.subarray(parsed.end);
      this.#waiting.shift()?.(parsed.reply);
    }
  }
}
