/**
 * Handles what a client sends in order, no faster than it may send and the broker takes; beyond that, no more is read.
 *
 * Invariant: items are handled in the order in which they came, and after `stop` none is.
 */
import type { Connection } from "./connection.ts";
import type { TokenBucket } from "./token-bucket.ts";

export interface PacerOptions<Item> {
  readonly connection: Connection;
  /** Each item takes a token. */
  readonly bucket: TokenBucket;
  /** How many items may be under way just now. */
  readonly maxPending: () => number;
  /** A promise means that the item is under way until it settles; rejecting is a bug. */
  readonly handle: (item: Item) => Promise<void> | undefined;
}

export class Pacer<Item> {
  readonly #options: PacerOptions<Item>;
  /** Items that were read and wait for their turn; while there are any, the connection is paused. */
  #waiting: Item[] = [];
  #pending = 0;
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;
  #isLeft = false;

  constructor(options: PacerOptions<Item>) {
    this.#options = options;
  }

  push(item: Item): void {
    if (this.#isStopped) return;
    if (this.#waiting.length === 0 && this.#mayHandle()) return this.#handle(item);
    // One read can bring thousands of items, and pausing does not take them back.
    if (this.#waiting.length === 0) this.#options.connection.pause();
    this.#waiting.push(item);
    this.#waitForToken();
  }

  /** The client has left. What it said before is still handled, as fast as the broker takes it. */
  leave(): void {
    this.#isLeft = true;
    clearTimeout(this.#timer);
    this.#drain();
  }

  /** Nothing more is handled, and what the client still sends is only read, so that its answer to a close is. */
  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    if (this.#waiting.length > 0) this.#options.connection.resume();
    this.#waiting = [];
  }

  #mayHandle(): boolean {
    const { maxPending, bucket } = this.#options;
    return this.#pending < maxPending() && (this.#isLeft || bucket.take());
  }

  #handle(item: Item): void {
    const handling = this.#options.handle(item);
    if (handling) void this.#settle(handling);
  }

  async #settle(handling: Promise<void>): Promise<void> {
    this.#pending += 1;
    try {
      await handling;
      this.#pending -= 1;
      this.#drain();
    } catch (error) {
      this.stop();
      this.#options.connection.fail(error);
    }
  }

  #drain(): void {
    if (this.#waiting.length === 0) return;
    while (this.#waiting.length > 0 && this.#mayHandle()) this.#handle(this.#waiting.shift() as Item);
    // Handling may have stopped it all.
    if (this.#isStopped) return;
    if (this.#waiting.length === 0) this.#options.connection.resume();
    else this.#waitForToken();
  }

  // With items under way still to settle, the next one drains; only a lack of tokens needs the clock.
  #waitForToken(): void {
    const { maxPending, bucket } = this.#options;
    if (this.#timer || this.#pending >= maxPending()) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#drain();
    }, bucket.waitMs);
  }
}
