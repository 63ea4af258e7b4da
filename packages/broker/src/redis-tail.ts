/**
 * Notices entries of streams as soon as any program appends them: XREAD on a connection of its own.
 *
 * A hit is a doorbell and nothing more. Its channel is left out from then on, until it is armed again, so that what a
 * hit leads to takes its time. A connection that does not answer is opened anew; whether the link is up is for others
 * to judge. Redis need not know this user's right to `CLIENT`: without it, what is armed counts from the next round on.
 */
import type { Redis } from "ioredis";
import { isRedisAnswer } from "./redis-client.ts";

/** The pause after an error that Redis has answered twice in a row, in milliseconds. */
const ERROR_PAUSE_MS = 1_000;
/** How often Redis is told to end a round that has not reached it yet. */
const MAX_UNBLOCKS = 10;

export interface RedisTailOptions {
  /** Opens the connection. */
  readonly connect: () => Redis;
  /** Ends a round that waits, over another connection. */
  readonly publisher: Redis;
  /** How long one round waits, in milliseconds; less than a command may take. */
  readonly roundMs: number;
  /** There is something, or there may be; `undefined` for what was not found out. */
  readonly onHit: (key: string, id: string | undefined) => void;
}

export class RedisTail {
  readonly #options: RedisTailOptions;
  /** Behind which entry each armed stream is read. */
  readonly #armed = new Map<string, string>();
  #client: Redis | undefined;
  /** Of the connection on Redis, while a round may be ended by it. */
  #clientId: number | undefined;
  /** Counts rounds; the one that waits, or 0. */
  #rounds = 0;
  #waiting = 0;
  /** Ends a pause. */
  #wake: () => void = () => {};
  #isClosed = false;

  constructor(options: RedisTailOptions) {
    this.#options = options;
  }

  /** From now on the next entry behind that id is a hit. */
  arm(key: string, id: string): void {
    if (this.#isClosed || this.#armed.has(key)) return;
    this.#armed.set(key, id);
    this.#client ??= this.#open();
    this.#wake();
    if (this.#waiting !== 0) void this.#unblock(this.#waiting);
  }

  disarm(key: string): void {
    this.#armed.delete(key);
  }

  close(): void {
    this.#isClosed = true;
    this.#wake();
    this.#client?.disconnect();
  }

  #open(): Redis {
    const client = this.#options.connect();
    let connection = 0;
    client.on("ready", () => {
      connection += 1;
      const own = connection;
      void this.#run(client, () => own === connection && !this.#isClosed);
    });
    client.on("close", () => {
      connection += 1;
      this.#wake();
    });
    // It is tried again; the link, which is watched, says why.
    client.on("error", () => {});
    return client;
  }

  async #run(client: Redis, isCurrent: () => boolean): Promise<void> {
    this.#clientId = undefined;
    const id = await client.client("ID").catch(() => undefined);
    if (isCurrent()) this.#clientId = id;
    let errors = 0;
    while (isCurrent()) {
      if (this.#armed.size === 0) await this.#pause();
      else if (await this.#round(client)) errors = 0;
      else errors += 1;
      if (errors > 1 && isCurrent()) await this.#pause(ERROR_PAUSE_MS);
    }
  }

  // Sent over another connection, it may overtake the round that it is to end.
  async #unblock(round: number): Promise<void> {
    const id = this.#clientId;
    if (id === undefined) return;
    for (let left = MAX_UNBLOCKS; left > 0 && round === this.#waiting; left -= 1) {
      const ended = await this.#options.publisher.client("UNBLOCK", id).catch(() => undefined);
      if (ended !== 0) return;
    }
  }

  /** Resolves to whether Redis did what it was asked. */
  async #round(client: Redis): Promise<boolean> {
    const keys = [...this.#armed.keys()];
    this.#rounds += 1;
    this.#waiting = this.#rounds;
    try {
      const behind = [...keys, ...this.#armed.values()];
      const reply = await client.xread("COUNT", 1, "BLOCK", this.#options.roundMs, "STREAMS", ...behind);
      for (const [key, entries] of reply ?? []) this.#hit(key, entries[0]?.[0]);
      return true;
    } catch (error) {
      // One of them may hold no stream any more: all are looked at, by which it is found.
      if (isRedisAnswer(error)) for (const key of keys) this.#hit(key, undefined);
      else if (client.status === "ready") client.disconnect(true);
      return false;
    } finally {
      this.#waiting = 0;
    }
  }

  #hit(key: string, id: string | undefined): void {
    if (this.#armed.delete(key)) this.#options.onHit(key, id);
  }

  #pause(ms?: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    if (ms === undefined) return promise;
    const timer = setTimeout(resolve, ms);
    return promise.finally(() => clearTimeout(timer));
  }
}
