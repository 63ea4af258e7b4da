/** Messages of a channel for a loop, which may be slower than the channel. */
import type { Gap, Invalid, Message } from "./message.ts";
import type { SubscribeOptions, Subscription, SubscriptionHandlers } from "./subscription.ts";
import type { TidewireError } from "./tidewire-error.ts";

export interface MessagesOptions extends SubscribeOptions {
  /** How many messages wait for the loop; when one more comes, the oldest is dropped. @default 1_000 */
  readonly limit?: number;
  /**
   * Called for each gap at once, also while messages from before it still wait for the loop. When messages are dropped
   * it is called with the reason `overflow`: once, and again only after the loop has caught up.
   */
  readonly onGap?: (gap: Gap) => void;
  /** As for `subscribe`. */
  readonly onInvalid?: (invalid: Invalid) => void;
}

const DEFAULT_LIMIT = 1_000;

interface Waiter<Received> {
  readonly resolve: (result: IteratorResult<Received, undefined>) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * Begins at once, and ends with the loop. It also ends when the client is closed; when the gateway ends the
 * subscription, the loop throws what it said, after the messages that came before.
 */
export class MessageReader<
  Received extends { readonly channel: string } = Message,
> implements AsyncIterableIterator<Received, undefined> {
  readonly #subscription: Subscription;
  readonly #options: MessagesOptions;
  readonly #messages: Received[] = [];
  readonly #waiters: Waiter<Received>[] = [];
  #isBehind = false;
  /** What the loop is still to be told. */
  #failure: TidewireError | undefined;

  constructor(
    options: MessagesOptions,
    subscribe: (handlers: SubscriptionHandlers<Received>) => Subscription,
  ) {
    this.#options = options;
    this.#subscription = subscribe({
      onMessage: (message) => this.#take(message),
      onGap: (gap) => options.onGap?.(gap),
      ...(options.onInvalid && { onInvalid: options.onInvalid }),
      onState: (state) => {
        if (state.kind === "ended" && state.reason?.code !== "closed") this.#failure = state.reason;
        this.#wake();
      },
    });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Received, undefined>> {
    return new Promise((resolve, reject) => {
      this.#waiters.push({ resolve, reject });
      this.#wake();
    });
  }

  /** Ends it, as `break` does; what waits is dropped. */
  return(): Promise<IteratorResult<Received, undefined>> {
    this.#messages.length = 0;
    this.#subscription.end();
    this.#wake();
    return Promise.resolve({ done: true, value: undefined });
  }

  #take(message: Received): void {
    this.#messages.push(message);
    if (this.#messages.length <= (this.#options.limit ?? DEFAULT_LIMIT) || this.#waiters.length > 0)
      return this.#wake();
    this.#messages.shift();
    if (this.#isBehind) return;
    this.#isBehind = true;
    this.#options.onGap?.({ channel: message.channel, reason: "overflow" });
  }

  /** Gives those who wait what there is to have. */
  #wake(): void {
    while (this.#waiters.length > 0) {
      const message = this.#messages.shift();
      if (!message && this.#subscription.state.kind !== "ended") return;
      const waiter = this.#waiters.shift();
      if (message) waiter?.resolve({ done: false, value: message });
      else if (this.#failure) waiter?.reject(this.#failure);
      else waiter?.resolve({ done: true, value: undefined });
      // A loop that was told is over.
      if (!message) this.#failure = undefined;
    }
    if (this.#messages.length === 0) this.#isBehind = false;
  }
}
