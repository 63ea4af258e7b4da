/**
 * What the page itself has sent and what became of it, until the channel has brought it back.
 *
 * Invariant: what is in no log yet is here; nothing that a person has written gets lost between the two.
 */

import type { Json, TidewireError } from "@tidewire/sdk";

export interface Outgoing {
  /** Its idempotency key: sent again with the same one, it is published once. */
  readonly key: string;
  readonly channel: string;
  /** What the person wrote. */
  readonly text: string;
  /** What is published. */
  readonly data: Json;
  readonly atMs: number;
  /** Behind which entry of the channel it was written. */
  readonly afterKey: number;
  readonly state:
    | { readonly kind: "waiting" }
    /** The broker took it. */
    | { readonly kind: "sent" }
    | { readonly kind: "failed"; readonly reason: TidewireError };
}

export type Publish = (outgoing: Outgoing) => Promise<unknown>;

export class Outbox {
  readonly #listeners = new Set<() => void>();
  #all: readonly Outgoing[] = [];

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** The oldest first; the same array while nothing has changed. */
  readonly getSnapshot = (): readonly Outgoing[] => this.#all;

  /** Also sends one again that has failed. @param publish never throws */
  send(facts: Omit<Outgoing, "state">, publish: Publish): void {
    const outgoing: Outgoing = { ...facts, state: { kind: "waiting" } };
    const isKnown = this.#all.some(({ key }) => key === facts.key);
    this.#become(
      isKnown
        ? this.#all.map((each) => (each.key === facts.key ? outgoing : each))
        : [...this.#all, outgoing],
    );
    publish(outgoing).then(
      () => this.#settle(facts.key, { kind: "sent" }),
      (reason: TidewireError) => this.#settle(facts.key, { kind: "failed", reason }),
    );
  }

  /** They are in the log, or a person has done with them. */
  remove(keys: readonly string[]): void {
    if (keys.length > 0) this.#become(this.#all.filter(({ key }) => !keys.includes(key)));
  }

  #settle(key: string, state: Outgoing["state"]): void {
    this.#become(this.#all.map((each) => (each.key === key ? { ...each, state } : each)));
  }

  #become(all: readonly Outgoing[]): void {
    this.#all = all;
    for (const listener of this.#listeners) listener();
  }
}
