/**
 * Which channels this process wants from the broker: each one while somebody here holds it, and a moment longer.
 *
 * Invariant: whoever holds a channel, and has waited for it, is subscribed at the broker.
 */
import type { Result } from "@tidewire/broker";
import { Patience } from "./patience.ts";

/** From where the publications of a channel come. */
export interface ChannelSource {
  /** Settles once what is published from now on comes. */
  subscribe(channel: string): Promise<Result<void>>;
  /** Nothing comes from this call on. */
  unsubscribe(channel: string): void;
}

export interface InterestOptions {
  /** How long a channel stays subscribed after its last holder, so that a reload costs nothing, in milliseconds. */
  readonly lingerMs: number;
  /** How long a hold may wait for the broker, in milliseconds. */
  readonly handshakeTimeoutMs: number;
}

interface Entry {
  holders: number;
  linger: NodeJS.Timeout | undefined;
}

/** What it is to those who wait for the broker, and need not wait any longer. */
export const TOO_LATE: Extract<Result<void>, { readonly ok: false }> = {
  ok: false,
  error: { code: "unavailable", message: "the broker did not answer in time" },
};

export class Interest {
  readonly #sourceOf: (channel: string) => ChannelSource;
  readonly #options: InterestOptions;
  readonly #entries = new Map<string, Entry>();
  /** Of holds that wait for the broker. */
  readonly #patience: Patience;

  constructor(sourceOf: (channel: string) => ChannelSource, options: InterestOptions) {
    this.#sourceOf = sourceOf;
    this.#options = options;
    this.#patience = new Patience(options.handshakeTimeoutMs);
  }

  /** Settles once the channel is truly subscribed. A hold that succeeded must be released, one that failed not. */
  async hold(channel: string): Promise<Result<void>> {
    const holding = this.#hold(channel);
    const result = await this.#patience.wait(holding);
    if (!result) void holding.then(({ ok }) => ok && this.release(channel));
    return result ?? TOO_LATE;
  }

  release(channel: string): void {
    const entry = this.#entries.get(channel);
    if (!entry) return;
    entry.holders -= 1;
    if (entry.holders > 0) return;
    entry.linger = setTimeout(() => this.#leave(channel), this.#options.lingerMs).unref();
  }

  /** Whoever still waits for the broker waits no more, and fails. */
  endWaiting(): void {
    this.#patience.end();
  }

  async #hold(channel: string): Promise<Result<void>> {
    const entry = this.#entries.get(channel) ?? { holders: 0, linger: undefined };
    this.#entries.set(channel, entry);
    clearTimeout(entry.linger);
    entry.holders += 1;
    const result = await this.#sourceOf(channel).subscribe(channel);
    if (!result.ok) this.release(channel);
    return result;
  }

  #leave(channel: string): void {
    this.#entries.delete(channel);
    this.#sourceOf(channel).unsubscribe(channel);
  }
}
