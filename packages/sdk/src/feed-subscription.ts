/** One subscriber's end of a feed. */
import type { Feed, FeedEvent } from "./feed.ts";
import type { Subscription, SubscriptionHandlers, SubscriptionState } from "./subscription.ts";
import { TidewireError } from "./tidewire-error.ts";

export class FeedSubscription implements Subscription {
  readonly channel: string;
  readonly ready: Promise<void>;
  readonly #handlers: SubscriptionHandlers;
  readonly #ready = Promise.withResolvers<void>();
  readonly #leave: () => void;
  #state: SubscriptionState;

  /** @param onLeave called once at most, when the application ends it; nothing comes to it then any more */
  constructor(feed: Feed, handlers: SubscriptionHandlers, onLeave: () => void) {
    this.channel = feed.channel;
    this.#handlers = handlers;
    this.#state = feed.state;
    this.ready = this.#ready.promise;
    // Not everybody waits for it.
    this.ready.catch(() => {});
    if (feed.state.kind === "subscribed") this.#ready.resolve();
    const remove = feed.listen((event) => this.#take(event));
    this.#leave = () => {
      remove();
      onLeave();
    };
  }

  get state(): SubscriptionState {
    return this.#state;
  }

  end(): void {
    if (this.#state.kind === "ended") return;
    this.#leave();
    this.#become({ kind: "ended" });
  }

  /** What a handler throws is caught by the feed. */
  #take(event: FeedEvent): void {
    switch (event.kind) {
      case "message":
        return this.#handlers.onMessage?.(event.message);
      case "gap":
        return this.#handlers.onGap?.(event.gap);
      case "removed":
        return this.#handlers.onRemoved?.(event.removed);
      case "state":
        this.#become(event.state);
        return this.#handlers.onState?.(event.state);
      default:
        event satisfies never;
    }
  }

  #become(state: SubscriptionState): void {
    this.#state = state;
    if (state.kind === "subscribed") this.#ready.resolve();
    if (state.kind !== "ended") return;
    this.#ready.reject(state.reason ?? new TidewireError("cancelled", "The subscription was ended."));
  }
}
