/**
 * What all components that use one channel of one client see: one subscription, one list.
 *
 * Invariant: what it gives is the same object while nothing has changed.
 */
import type { Channel } from "../channel.ts";
import type {
  SubscribeOptions,
  Subscription,
  SubscriptionHandlers,
  SubscriptionState,
} from "../subscription.ts";
import { TidewireError } from "../tidewire-error.ts";
import type { RawEntry } from "./channel-entry.ts";
import { EntryList } from "./entry-list.ts";
import { PacedListeners } from "./paced-listeners.ts";

export interface ChannelSnapshot {
  readonly entries: readonly RawEntry[];
  readonly state: SubscriptionState;
  readonly hasOlder: boolean;
  readonly isLoading: boolean;
}

export interface StoreOptions extends SubscribeOptions {
  readonly limit: number;
}

/** Of a channel that nobody uses yet. */
export const EMPTY_SNAPSHOT: ChannelSnapshot = {
  entries: [],
  state: { kind: "subscribing" },
  hasOlder: false,
  isLoading: false,
};

export class ChannelStore {
  readonly #channel: Channel;
  readonly #subscription: Subscription;
  readonly #listeners = new PacedListeners();
  readonly #list: EntryList;
  #state: SubscriptionState = EMPTY_SNAPSHOT.state;
  #snapshot: ChannelSnapshot | undefined;
  /** How many of the newest were asked for to begin with, and how many somebody wants. */
  #asked = 0;
  #wanted = 0;
  /** Whether it is a stream channel. */
  #isKept = false;
  /** Nothing is kept before the list, as long as it counts that many removals. */
  #wholeAt: number | undefined;
  #loading: Promise<void> | undefined;

  constructor(channel: Channel, options: StoreOptions) {
    this.#channel = channel;
    this.#list = new EntryList(options.limit);
    this.#subscription = this.#subscribe(options);
    this.#become(this.#subscription.state);
  }

  /** Whether nobody uses it. */
  get isIdle(): boolean {
    return this.#listeners.size === 0;
  }

  get hasEnded(): boolean {
    return this.#state.kind === "ended";
  }

  get snapshot(): ChannelSnapshot {
    this.#snapshot ??= {
      entries: this.#list.shown,
      state: this.#state,
      hasOlder: this.#hasOlder,
      isLoading: this.#loading !== undefined,
    };
    return this.#snapshot;
  }

  /** Calls back after changes. The result ends it. */
  join(onChange: () => void, { limit, last = 0 }: StoreOptions): () => void {
    const leave = this.#listeners.add(onChange);
    if (this.#list.raiseLimit(limit)) this.#change();
    this.#wanted = Math.max(this.#wanted, Math.min(last, limit));
    this.#fill();
    return leave;
  }

  /** Asks once at a time: who asks meanwhile gets the same answer. */
  loadOlder(count: number): Promise<void> {
    this.#loading ??= this.#load(count).finally(() => {
      this.#loading = undefined;
      this.#change();
    });
    this.#change();
    return this.#loading;
  }

  end(): void {
    this.#subscription.end();
  }

  get #hasOlder(): boolean {
    return this.#isKept && (this.#wholeAt !== this.#list.removals || this.#list.hasMore);
  }

  #subscribe({ since, last, echo }: StoreOptions): Subscription {
    const handlers: SubscriptionHandlers = {
      onMessage: (message) => {
        if (this.#list.addMessage(message)) this.#change();
      },
      onGap: (gap) => {
        this.#list.addGap(gap);
        this.#change();
      },
      onState: (state) => this.#become(state),
    };
    try {
      const subscription = this.#channel.subscribe(handlers, definedOf({ since, last, echo }));
      this.#asked = last ?? 0;
      return subscription;
    } catch (error) {
      // Somebody else has subscribed, and where to begin can't be said any more; history can be read all the same.
      if (!(error instanceof TidewireError && error.code === "already_subscribed")) throw error;
      return this.#channel.subscribe(handlers);
    }
  }

  #become(state: SubscriptionState): void {
    this.#state = state;
    if (state.kind === "subscribed") {
      this.#isKept = state.resumable;
      this.#fill();
    }
    this.#change();
  }

  /** Fetches what is wanted to begin with and was not asked for. */
  #fill(): void {
    if (this.#state.kind !== "subscribed" || this.#wanted <= this.#asked) return;
    this.#asked = this.#wanted;
    const missing = this.#wanted - this.#list.shown.length;
    // Where it fails, `hasOlder` says so, and they can still be asked for.
    if (missing > 0 && this.#hasOlder) this.loadOlder(missing).catch(() => {});
  }

  async #load(count: number): Promise<void> {
    this.#list.trim();
    this.#list.raiseLimit(this.#list.shown.length + count);
    const { removals, oldestPosition: before } = this.#list;
    const page = await this.#channel.history({ limit: count, ...definedOf({ before }) });
    // In a flood of new messages the place that these belong to has gone. Those who still want them ask again.
    if (this.#list.removals !== removals) return;
    this.#list.prepend(page, this.#channel.name);
    this.#wholeAt = page.more ? undefined : removals;
  }

  #change(): void {
    this.#snapshot = undefined;
    this.#listeners.call();
  }
}

type Defined<Values> = { readonly [Name in keyof Values]?: Exclude<Values[Name], undefined> };

/** Without the members that are `undefined`. */
function definedOf<Values extends object>(values: Values): Defined<Values> {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined),
  ) as Defined<Values>;
}
