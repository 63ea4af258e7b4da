/** All channels that somebody listens to, and who does. */
import type { FeedOptions } from "./aside.ts";
import type { ChannelPush } from "./connection.ts";
import { Feed, type FeedParts } from "./feed.ts";
import { FeedSubscription } from "./feed-subscription.ts";
import type { Subscription, SubscriptionHandlers } from "./subscription.ts";
import { TidewireError } from "./tidewire-error.ts";
import type { Wire } from "./wire.ts";

export type FeedsParts = Omit<FeedParts, "onRemoved">;

export class Feeds {
  readonly #parts: FeedsParts;
  readonly #byChannel = new Map<string, Feed>();
  #wire: Wire | undefined;
  #end: TidewireError | undefined;

  constructor(parts: FeedsParts) {
    this.#parts = parts;
  }

  /** @throws TidewireError `already_subscribed` when it is, and these options can't be met any more */
  subscribe(channel: string, handlers: SubscriptionHandlers, options: FeedOptions): Subscription {
    const known = this.#byChannel.get(channel);
    if (known && !known.suits(options)) {
      const message = `Only the first subscriber of ${channel} can say where it begins.`;
      throw new TidewireError("already_subscribed", message);
    }
    const feed = known ?? this.#create(channel, options);
    const subscription = new FeedSubscription(feed, handlers, () => this.#leave(feed));
    if (this.#end) feed.end(this.#end);
    else if (!known) this.#open(feed);
    else if (options.aside) known.adopt(options.aside);
    return subscription;
  }

  /** A connection stands: all are subscribed, in one frame as far as they fit. */
  begin(wire: Wire): void {
    this.#wire = wire;
    // What one leads to may add another, which begins by itself.
    for (const feed of Array.from(this.#byChannel.values())) feed.begin(wire);
  }

  /** The connection is gone. */
  pause(): void {
    this.#wire = undefined;
    for (const feed of this.#byChannel.values()) feed.pause();
  }

  take(push: ChannelPush): void {
    this.#byChannel.get(push.channel)?.take(push);
  }

  /** There will be no connection any more. */
  end(reason: TidewireError): void {
    this.#end = reason;
    const feeds = [...this.#byChannel.values()];
    this.#byChannel.clear();
    for (const feed of feeds) feed.end(reason);
  }

  #create(channel: string, options: FeedOptions): Feed {
    const feed: Feed = new Feed(channel, options, { ...this.#parts, onRemoved: () => this.#forget(feed) });
    return feed;
  }

  #open(feed: Feed): void {
    this.#byChannel.set(feed.channel, feed);
    if (this.#wire) feed.begin(this.#wire);
  }

  #leave(feed: Feed): void {
    if (!feed.isIdle) return;
    this.#forget(feed);
    feed.leave();
  }

  #forget(feed: Feed): void {
    if (this.#byChannel.get(feed.channel) === feed) this.#byChannel.delete(feed.channel);
  }
}
