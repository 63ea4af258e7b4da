/**
 * Which channels this process wants from the broker: each one while somebody here holds it, and a moment longer.
 *
 * Invariant: whoever holds a channel, and has waited for it, is subscribed at the broker.
 */
import type { Broker, Result } from "@tidewire/broker";

interface Entry {
  holders: number;
  linger: NodeJS.Timeout | undefined;
}

export class Interest {
  readonly #broker: Broker;
  readonly #lingerMs: number;
  readonly #entries = new Map<string, Entry>();

  /** @param lingerMs how long a channel stays subscribed after its last holder, so that a reload costs nothing */
  constructor(broker: Broker, lingerMs: number) {
    this.#broker = broker;
    this.#lingerMs = lingerMs;
  }

  /** Settles once the channel is truly subscribed. A hold that succeeded must be released, one that failed not. */
  async hold(channel: string): Promise<Result<void>> {
    const entry = this.#entries.get(channel) ?? { holders: 0, linger: undefined };
    this.#entries.set(channel, entry);
    clearTimeout(entry.linger);
    entry.holders += 1;
    const result = await this.#broker.subscribe(channel);
    if (!result.ok) this.release(channel);
    return result;
  }

  release(channel: string): void {
    const entry = this.#entries.get(channel);
    if (!entry) return;
    entry.holders -= 1;
    if (entry.holders === 0) entry.linger = setTimeout(() => this.#leave(channel), this.#lingerMs).unref();
  }

  #leave(channel: string): void {
    this.#entries.delete(channel);
    this.#broker.unsubscribe(channel);
  }
}
