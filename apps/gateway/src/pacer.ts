/**
 * Handles what a client sends in order, no faster than it may send and the broker takes; beyond that, no more is read.
 *
 * Invariant: items are handled in the order in which they came, and after `stop` none is. A client that leaves changes
 * nothing: what it said before is handled at the same pace.
 */
import type { Connection } from "./connection.ts";
import type { TokenBucket } from "./token-bucket.ts";

/** Whose items they are. */
export interface Paced<Item> {
  /** How many items may be under way just now. */
  readonly maxPending: number;
  /** How many tokens an item takes. */
  costOf(item: Item): number;
  /** A promise means that the item is under way until it settles; throwing and rejecting are bugs. */
  handle(item: Item): Promise<void> | undefined;
}

export class Pacer<Item> {
  readonly #owner: Paced<Item>;
  readonly #connection: Connection;
  readonly #bucket: TokenBucket;
  /** Items that were read and wait for their turn; while there are any, the connection is paused. */
  #waiting: Item[] = [];
  #pending = 0;
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(owner: Paced<Item>, connection: Connection, bucket: TokenBucket) {
    this.#owner = owner;
    this.#connection = connection;
    this.#bucket = bucket;
  }

  push(item: Item): void {
    if (this.#isStopped) return;
    if (this.#waiting.length === 0 && this.#mayHandle(item)) return this.#handle(item);
    // One read can bring thousands of items, and pausing does not take them back.
    if (this.#waiting.length === 0) this.#connection.pause();
    this.#waiting.push(item);
    this.#waitForToken();
  }

  /** Nothing more is handled, and what the client still sends is only read, so that its answer to a close is. */
  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    if (this.#waiting.length > 0) this.#connection.resume();
    this.#waiting = [];
  }

  #mayHandle(item: Item): boolean {
    return this.#pending < this.#owner.maxPending && this.#bucket.take(this.#owner.costOf(item));
  }

  #handle(item: Item): void {
    try {
      const handling = this.#owner.handle(item);
      if (handling) void this.#settle(handling);
    } catch (error) {
      this.#fail(error);
    }
  }

  async #settle(handling: Promise<void>): Promise<void> {
    this.#pending += 1;
    try {
      await handling;
      this.#pending -= 1;
      this.#drain();
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    this.stop();
    this.#connection.fail(error);
  }

  #drain(): void {
    if (this.#waiting.length === 0) return;
    for (let item = this.#waiting[0]; item !== undefined && this.#mayHandle(item); item = this.#waiting[0]) {
      this.#waiting.shift();
      this.#handle(item);
    }
    // Handling may have stopped it all.
    if (this.#isStopped) return;
    if (this.#waiting.length === 0) this.#connection.resume();
    else this.#waitForToken();
  }

  // With items under way still to settle, the next one drains; only a lack of tokens needs the clock.
  #waitForToken(): void {
    const [item] = this.#waiting;
    if (item === undefined || this.#timer || this.#pending >= this.#owner.maxPending) return;
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        this.#drain();
      },
      this.#bucket.waitMs(this.#owner.costOf(item)),
    );
  }
}
