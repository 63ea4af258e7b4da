/**
 * Keeps the channels of one subscriber connection as they are wanted: settled in batches, restored after a loss.
 *
 * Words: a channel is *wanted* between subscribe and unsubscribe; it is *active* from the SUBSCRIBE that was sent
 * for it on the present connection until the UNSUBSCRIBE. Invariant: a waiter is told yes only after Redis has
 * confirmed the very SUBSCRIBE that is still in force.
 */
import type { Redis } from "ioredis";
import { type BrokerError, failure, type Result, success } from "./broker.ts";
import { commandFailure, isForbidden } from "./redis-client.ts";
import type { RedisTarget } from "./redis-target.ts";

/** Channels in one SUBSCRIBE or UNSUBSCRIBE: long enough to be cheap, short enough not to hold up Redis. */
const BATCH_SIZE = 1_000;

interface Wanted {
  isConfirmed: boolean;
  /** Confirmed now, or on a connection before this one. */
  wasConfirmed: boolean;
  waiters: ((result: Result<void>) => void)[];
}

interface Active {
  isConfirmed: boolean;
}

export interface RedisSubscriptionsHandlers {
  /** Redis did not answer: the connection is as good as dead, and so is every subscription on it. */
  readonly onSilence: () => void;
  /** Redis refused a name that it had allowed before. */
  readonly onRefused: (name: string, error: BrokerError) => void;
}

export class RedisSubscriptions {
  readonly #client: Redis;
  readonly #target: RedisTarget;
  readonly #handlers: RedisSubscriptionsHandlers;
  readonly #wanted = new Map<string, Wanted>();
  readonly #dirty = new Set<string>();
  #active = new Map<string, Active>();
  #isOpen = false;
  #isScheduled = false;

  constructor(client: Redis, target: RedisTarget, handlers: RedisSubscriptionsHandlers) {
    this.#client = client;
    this.#target = target;
    this.#handlers = handlers;
  }

  isWanted(name: string): boolean {
    return this.#wanted.has(name);
  }

  subscribe(name: string): Promise<Result<void>> {
    let wanted = this.#wanted.get(name);
    if (!wanted) {
      wanted = { isConfirmed: false, wasConfirmed: false, waiters: [] };
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

  /**
   * The connection is new: subscribes all that is wanted. Resolves to whether Redis has answered for each of them;
   * if not, the connection has broken meanwhile, and the next one must be restored.
   */
  async restore(): Promise<boolean> {
    this.#isOpen = true;
    for (const name of this.#wanted.keys()) this.#dirty.add(name);
    return this.#flush();
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

  async #flush(): Promise<boolean> {
    if (!this.#isOpen) return false;
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
    const answered = await Promise.all(Array.from(batches(joins), (batch) => this.#join(batch)));
    return answered.every(Boolean);
  }

  /** Resolves to whether Redis has answered. */
  async #join(names: readonly string[]): Promise<boolean> {
    const active: Active = { isConfirmed: false };
    for (const name of names) this.#active.set(name, active);
    try {
      await this.#client.subscribe(...names);
    } catch (error) {
      if (isForbidden(error)) return this.#refuse(names, active, error);
      // A broken link is mended by the next restore; a silent one must first be broken.
      if (names.some((name) => this.#active.get(name) === active)) this.#handlers.onSilence();
      return false;
    }
    active.isConfirmed = true;
    for (const name of names) {
      const wanted = this.#wanted.get(name);
      if (wanted && this.#active.get(name) === active) confirm(wanted);
    }
    return true;
  }

  // Redis refuses a whole SUBSCRIBE for one forbidden channel, so each is tried alone to find it.
  async #refuse(names: readonly string[], active: Active, error: Error): Promise<boolean> {
    const current = names.filter((name) => this.#active.get(name) === active);
    for (const name of current) this.#active.delete(name);
    const wanted = current.filter((name) => this.#wanted.has(name));
    if (names.length > 1) {
      const answered = await Promise.all(wanted.map((name) => this.#join([name])));
      return answered.every(Boolean);
    }
    for (const name of wanted) {
      const failed = commandFailure(error, this.#target);
      const hadSubscribers = this.#wanted.get(name)?.wasConfirmed;
      this.#forget(name, failed);
      if (hadSubscribers) this.#handlers.onRefused(name, failed.error);
    }
    return true;
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
  wanted.wasConfirmed = true;
  const { waiters } = wanted;
  wanted.waiters = [];
  for (const resolve of waiters) resolve(success(undefined));
}

function* batches(names: readonly string[]): Generator<readonly string[]> {
  for (let start = 0; start < names.length; start += BATCH_SIZE) {
    yield names.slice(start, start + BATCH_SIZE);
  }
}
