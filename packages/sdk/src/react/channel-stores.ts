/** The channels of one client that components use: a store for each, for as long as somebody does. */
import { MAX_HISTORY_LIMIT } from "@tidewire/protocol";
import type { SubscriptionHandlers } from "../subscription.ts";
import type { Tidewire } from "../tidewire.ts";
import { TidewireError } from "../tidewire-error.ts";
import { type ChannelSnapshot, ChannelStore, EMPTY_SNAPSHOT, type StoreOptions } from "./channel-store.ts";

export interface Use {
  readonly options: StoreOptions;
  readonly onChange: () => void;
  /** Each as if it had subscribed by itself: what one throws goes to `onError`, and the others are called all the same. */
  readonly handlers: SubscriptionHandlers;
}

export class ChannelStores {
  readonly #client: Tidewire;
  readonly #byName = new Map<string, ChannelStore>();

  constructor(client: Tidewire) {
    this.#client = client;
  }

  snapshotOf(name: string): ChannelSnapshot {
    return this.#byName.get(name)?.snapshot ?? EMPTY_SNAPSHOT;
  }

  /**
   * The result ends it. The channel is left once this turn is over, unless it is used again by then: what goes and comes
   * back in one commit, as in StrictMode, loses nothing.
   */
  use(name: string, { options, onChange, handlers }: Use): () => void {
    const store = this.#get(name, options);
    const leave = store.join(onChange, options);
    // One that the gateway has ended is not asked for again by who comes later, while others still show its end.
    const subscription = store.hasEnded ? undefined : this.#client.channel(name).subscribe(handlers);
    return () => {
      subscription?.end();
      leave();
      queueMicrotask(() => this.#leave(name, store));
    };
  }

  /** @returns rejects as `history` does. Does nothing while nobody uses the channel */
  async loadOlder(name: string, count: number): Promise<void> {
    // What is no such number, as the event of an `onClick`, must not become the limit of the list.
    if (!(Number.isInteger(count) && count >= 1 && count <= MAX_HISTORY_LIMIT)) {
      const message = `count must be a whole number from 1 to ${MAX_HISTORY_LIMIT}.`;
      throw new TidewireError("bad_request", message);
    }
    await this.#byName.get(name)?.loadOlder(count);
  }

  #get(name: string, options: StoreOptions): ChannelStore {
    const known = this.#byName.get(name);
    if (known && !(known.isIdle && known.hasEnded)) return known;
    const store = new ChannelStore(this.#client.channel(name), options);
    this.#byName.set(name, store);
    return store;
  }

  #leave(name: string, store: ChannelStore): void {
    if (!store.isIdle) return;
    store.end();
    if (this.#byName.get(name) === store) this.#byName.delete(name);
  }
}

const stores = new WeakMap<Tidewire, ChannelStores>();

export function storesOf(client: Tidewire): ChannelStores {
  const known = stores.get(client);
  if (known) return known;
  const created = new ChannelStores(client);
  stores.set(client, created);
  return created;
}
