/**
 * Keeps the channels of one subscriber connection as they are wanted: settled in batches, restored after a loss.
 *
 * Words: a channel is *wanted* between subscribe and unsubscribe; it is *active* from the SUBSCRIBE that was sent
 * for it on the present connection until the UNSUBSCRIBE. Invariant: a waiter is told yes only after Redis has
 * confirmed the very SUBSCRIBE that is still in force.
 */
import type { Redis } from "ioredis";
import { failure, type Result, success } from "./broker.ts";
import { commandFailure, isRedisAnswer } from "./redis-client.ts";
import type { RedisTarget } from "./redis-target.ts";

/** Channels in one SUBSCRIBE or UNSUBSCRIBE: long enough to be cheap, short enough not to hold up Redis. */
const BATCH_SIZE = 1_000;

interface Wanted {
  isConfirmed: boolean;
  waiters: ((result: Result<void>) => void)[];
}

interface Active {
  isConfirmed: boolean;
}

export class RedisSubscriptions {
  readonly #client: Redis;
  readonly #target: RedisTarget;
  readonly #wanted = new Map<string, Wanted>();
  readonly #dirty = new Set<string>();
  #active = new Map<string, Active>();
  #isOpen = false;
  #isScheduled = false;

  constructor(client: Redis, target: RedisTarget) {
    this.#client = client;
    this.#target = target;
  }

  isWanted(name: string): boolean {
    return this.#wanted.has(name);
  }

  subscribe(name: string): Promise<Result<void>> {
    let wanted = this.#wanted.get(name);
    if (!wanted) {
      wanted = { isConfirmed: false, waiters: [] };
      this.#wanted.set(name, wanted);
      this.#markDirty(name);
    }
    if (wanted.isConfirmed) return Promise.resolve(success(undefined));
    const { waiters } = wanted;
    return new Promise((resolve) => waiters.push(resolve));
  }

  unsubscribe(name: string): void {
    this.#forget(name, failure("closed", "the channel was unsubscribed meanwhile"));
    this.#markDirty(name);
  }

  /** The connection is new: subscribes all that is wanted. Resolves when Redis has answered for each of them. */
  async restore(): Promise<void> {
    this.#isOpen = true;
    for (const name of this.#wanted.keys()) this.#dirty.add(name);
    await this.#flush();
  }

  /** The connection is gone, and every subscription on it. What is wanted stays wanted. */
  lose(): void {
    this.#isOpen = false;
    this.#active = new Map();
    for (const wanted of this.#wanted.values()) wanted.isConfirmed = false;
  }

  close(): void {
    this.lose();
    for (const name of this.#wanted.keys()) this.#forget(name, failure("closed", "the broker was closed"));
  }

  #markDirty(name: string): void {
    this.#dirty.add(name);
    if (this.#isScheduled || !this.#isOpen) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      void this.#flush();
    });
  }

  async #flush(): Promise<void> {
    if (!this.#isOpen) return;
    const joins: string[] = [];
    const leaves: string[] = [];
    for (const name of this.#dirty) {
      const wanted = this.#wanted.get(name);
      const active = this.#active.get(name);
      if (wanted && !active) joins.push(name);
      else if (wanted && active?.isConfirmed) confirm(wanted);
      else if (!wanted && active) leaves.push(name);
    }
    this.#dirty.clear();
    for (const batch of batches(leaves)) this.#leave(batch);
    await Promise.all(Array.from(batches(joins), (batch) => this.#join(batch)));
  }

  async #join(names: readonly string[]): Promise<void> {
    const active: Active = { isConfirmed: false };
    for (const name of names) this.#active.set(name, active);
    try {
      await this.#client.subscribe(...names);
    } catch (error) {
      // A broken link is mended by the next restore; only an answer of Redis is final.
      if (isRedisAnswer(error)) await this.#refuse(names, active, error);
      return;
    }
    active.isConfirmed = true;
    for (const name of names) {
      const wanted = this.#wanted.get(name);
      if (wanted && this.#active.get(name) === active) confirm(wanted);
    }
  }

  // Redis refuses a whole SUBSCRIBE for one forbidden channel, so each is tried alone to find it.
  async #refuse(names: readonly string[], active: Active, error: Error): Promise<void> {
    const current = names.filter((name) => this.#active.get(name) === active);
    for (const name of current) this.#active.delete(name);
    if (names.length > 1) {
      await Promise.all(current.filter((name) => this.#wanted.has(name)).map((name) => this.#join([name])));
    } else {
      for (const name of current) this.#forget(name, commandFailure(error, this.#target));
    }
  }

  #leave(names: readonly string[]): void {
    for (const name of names) this.#active.delete(name);
    // It fails only with the link, and with the link the subscription ends too.
    this.#client.unsubscribe(...names).catch(() => {});
  }

  #forget(name: string, result: Result<void>): void {
    const wanted = this.#wanted.get(name);
    this.#wanted.delete(name);
    for (const resolve of wanted?.waiters ?? []) resolve(result);
  }
}

function confirm(wanted: Wanted): void {
  wanted.isConfirmed = true;
  const { waiters } = wanted;
  wanted.waiters = [];
  for (const resolve of waiters) resolve(success(undefined));
}

function* batches(names: readonly string[]): Generator<readonly string[]> {
  for (let start = 0; start < names.length; start += BATCH_SIZE) {
    yield names.slice(start, start + BATCH_SIZE);
  }
}
