/**
 * A TCP proxy that lies: it delays, throttles, swallows, cuts and refuses, as a test tells it, while it runs.
 *
 * "Up" is from the client to the server behind, "down" the way back.
 */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { setTimeout as wait } from "node:timers/promises";

export type Direction = "up" | "down";

/** What happens to bytes from now on, on connections that stand and on new ones. */
export interface Faults {
  /** Time that each piece takes longer, in milliseconds. @default 0 */
  readonly delayMs: number;
  /** How fast bytes pass, each way. @default Infinity */
  readonly bytesPerSecond: number;
  /** Directions in which nothing passes: held back, and let go once the fault is over. @default [] */
  readonly blackhole: readonly Direction[];
  /** Whether new connections are reset at once. @default false */
  readonly isRefusing: boolean;
  /** Resets a connection once so many bytes have passed on it, both ways together. @default Infinity */
  readonly cutAfterBytes: number;
  /** Limits the faults to connections whose first bytes from the client hold this text. @default "" all */
  readonly only: string;
  /** Pieces for which it says yes never arrive. A piece is what one read brought. @default none */
  readonly drops: (piece: Buffer, direction: Direction) => boolean;
}

const NO_FAULTS: Faults = {
  delayMs: 0,
  bytesPerSecond: Number.POSITIVE_INFINITY,
  blackhole: [],
  isRefusing: false,
  cutAfterBytes: Number.POSITIVE_INFINITY,
  only: "",
  drops: () => false,
};

const GREETING_BYTES = 1_024;

/** Most bytes that go at once through a throttled connection, so that the pace is even. */
const THROTTLED_PIECE_BYTES = 256;

export class TcpProxy implements AsyncDisposable {
  readonly #server: Server;
  #targetPort: number;
  readonly #pairs = new Set<Pair>();
  #faults = NO_FAULTS;
  #changed = Promise.withResolvers<void>();

  private constructor(targetPort: number) {
    this.#targetPort = targetPort;
    this.#server = createServer({ allowHalfOpen: true }, (client) => this.#accept(client));
  }

  /** Listens on a port of its own, before a server on `targetPort` of 127.0.0.1. */
  static async start(targetPort: number): Promise<TcpProxy> {
    const proxy = new TcpProxy(targetPort);
    proxy.#server.listen(0, "127.0.0.1");
    await once(proxy.#server, "listening");
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Connections that pass through it now. */
  get connections(): number {
    return this.#pairs.size;
  }

  /** Sets faults; those not named are over. */
  set(faults: Partial<Faults>): void {
    this.#faults = { ...NO_FAULTS, ...faults };
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  /** New connections lead to another server from now on, as when a name is moved. */
  moveTo(targetPort: number): void {
    this.#targetPort = targetPort;
  }

  /** Ends connections with a reset, on both sides. @param only as in {@link Faults} */
  reset(only = ""): void {
    for (const pair of this.#pairs) if (pair.greeting.includes(only)) pair.reset();
  }

  /** Says "no more bytes" in one direction on every connection; the other one goes on. */
  halfClose(direction: Direction): void {
    for (const pair of this.#pairs) (direction === "up" ? pair.server : pair.client).end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.set({});
    this.reset();
    this.#server.close();
    await once(this.#server, "close");
  }

  #accept(client: Socket): void {
    if (this.#faults.isRefusing) {
      client.on("error", () => {});
      client.resetAndDestroy();
      return;
    }
    const server = connect({ port: this.#targetPort, host: "127.0.0.1", allowHalfOpen: true });
    const pair = new Pair(client, server);
    this.#pairs.add(pair);
    void Promise.all([this.#pump(pair, "up"), this.#pump(pair, "down")]).finally(() => {
      pair.reset();
      this.#pairs.delete(pair);
    });
  }

  async #pump(pair: Pair, direction: Direction): Promise<void> {
    const [source, sink] = direction === "up" ? [pair.client, pair.server] : [pair.server, pair.client];
    try {
      for await (const piece of source as AsyncIterable<Buffer>) {
        if (direction === "up") pair.greet(piece);
        const { drops, delayMs } = this.#faultsOf(pair);
        if (drops(piece, direction)) continue;
        if (delayMs > 0) await wait(delayMs);
        for (const part of this.#parts(pair, piece)) {
          await this.#untilOpen(pair, direction);
          await this.#pace(pair, part.length);
          pair.passedBytes += part.length;
          if (pair.passedBytes > this.#faultsOf(pair).cutAfterBytes) return pair.reset();
          if (!sink.write(part)) await Promise.race([once(sink, "drain"), pair.ended]);
        }
      }
      await this.#untilOpen(pair, direction);
      sink.end();
    } catch {
      // One side broke off, or a test did it: so does the other.
      pair.reset();
    }
  }

  #faultsOf(pair: Pair): Faults {
    return pair.greeting.includes(this.#faults.only) ? this.#faults : NO_FAULTS;
  }

  #parts(pair: Pair, piece: Buffer): Buffer[] {
    if (this.#faultsOf(pair).bytesPerSecond === Number.POSITIVE_INFINITY) return [piece];
    const parts: Buffer[] = [];
    for (let start = 0; start < piece.length; start += THROTTLED_PIECE_BYTES) {
      parts.push(piece.subarray(start, start + THROTTLED_PIECE_BYTES));
    }
    return parts;
  }

  async #untilOpen(pair: Pair, direction: Direction): Promise<void> {
    while (this.#faultsOf(pair).blackhole.includes(direction) && !pair.isReset) {
      await Promise.race([this.#changed.promise, pair.ended]);
    }
  }

  async #pace(pair: Pair, bytes: number): Promise<void> {
    const { bytesPerSecond } = this.#faultsOf(pair);
    if (bytesPerSecond === Number.POSITIVE_INFINITY) return;
    await Promise.race([wait((bytes / bytesPerSecond) * 1_000), this.#changed.promise]);
  }
}

class Pair {
  readonly client: Socket;
  readonly server: Socket;
  passedBytes = 0;
  greeting = "";
  isReset = false;
  readonly #end = Promise.withResolvers<void>();

  constructor(client: Socket, server: Socket) {
    this.client = client;
    this.server = server;
    for (const socket of [client, server]) {
      socket.setNoDelay(true);
      socket.on("error", () => this.reset());
    }
  }

  /** Keeps the beginning of what the client says. */
  greet(piece: Buffer): void {
    if (this.greeting.length < GREETING_BYTES) this.greeting += piece.toString("latin1", 0, GREETING_BYTES);
  }

  /** Resolves when it was reset. */
  get ended(): Promise<void> {
    return this.#end.promise;
  }

  reset(): void {
    if (this.isReset) return;
    this.isReset = true;
    this.#end.resolve();
    for (const socket of [this.client, this.server]) {
      if (socket.destroyed) continue;
      // Whoever is about to say "no more bytes" can't be reset, and Node.js would leave its handle open for ever.
      if (socket.writableEnded) socket.destroySoon();
      else socket.resetAndDestroy();
    }
  }
}
