/**
 * Proves that what is published over one connection is heard over the other.
 *
 * Each of two connections can be well by itself while they lead to different servers, as after a name was moved.
 */
import { randomUUID } from "node:crypto";
import type { Redis } from "ioredis";
import { isRedisAnswer } from "./redis-client.ts";

export class RoundTrip {
  /** The name on which it is heard; the subscriber must be subscribed to it. */
  readonly name: string;
  readonly #publisher: Redis;
  readonly #timeoutMs: number;
  #last = 0;
  #waiting: ((isHeard: boolean) => void) | undefined;

  /** @param prefix goes before the name */
  constructor(publisher: Redis, prefix: string, timeoutMs: number) {
    this.#publisher = publisher;
    this.#timeoutMs = timeoutMs;
    this.name = `${prefix}probe:${randomUUID()}`;
  }

  /** Resolves to whether it was heard in time; also to `true` when Redis forbids to ask, which proves nothing. */
  async ask(): Promise<boolean> {
    this.#last += 1;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.#waiting = resolve;
    const timer = setTimeout(() => resolve(false), this.#timeoutMs);
    this.#publisher.publish(this.name, String(this.#last)).catch((error: unknown) => {
      resolve(isRedisAnswer(error));
    });
    const isHeard = await promise;
    clearTimeout(timer);
    return isHeard;
  }

  /** A message on that name has come. */
  hear(bytes: Buffer): void {
    if (bytes.toString("latin1") === String(this.#last)) this.#waiting?.(true);
  }
}
