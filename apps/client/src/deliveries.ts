/**
 * What the page itself has published and what became of it, until it comes back through the channel.
 *
 * Invariant: of those that are settled a bounded number is kept; what waits is what a person has typed.
 */

import type { TidewireError } from "@tidewire/sdk";

/** Of those that nothing happens to any more, so many are kept. */
const KEPT_SETTLED = 100;

export interface Delivery {
  readonly id: number;
  readonly channel: string;
  readonly text: string;
  /** Sent again with the same key, it is published once. */
  readonly key: string;
  readonly atMs: number;
  readonly state:
    | { readonly kind: "waiting" }
    /** The broker took it, at that time. */
    | { readonly kind: "sent"; readonly atMs: number }
    | { readonly kind: "failed"; readonly reason: TidewireError };
}

interface Entry {
  delivery: Delivery;
  /** A message with its text has come from the channel. */
  isSeen: boolean;
}

export class Deliveries {
  #entries: Entry[] = [];
  #nextId = 1;
  #view: readonly Delivery[] | undefined;

  /** What is worth showing: what the channel has not brought back. The same array until something changes. */
  get view(): readonly Delivery[] {
    this.#view ??= this.#entries
      .filter(({ isSeen, delivery }) => !isSeen || delivery.state.kind === "failed")
      .map(({ delivery }) => delivery);
    return this.#view;
  }

  add(facts: Pick<Delivery, "channel" | "text" | "key" | "atMs">): Delivery {
    const delivery: Delivery = { ...facts, id: this.#nextId++, state: { kind: "waiting" } };
    this.#change([...this.#entries, { delivery, isSeen: false }]);
    return delivery;
  }

  /** The broker took it. */
  succeed(id: number, atMs: number): void {
    this.#settle(id, { kind: "sent", atMs });
  }

  fail(id: number, reason: TidewireError): void {
    this.#settle(id, { kind: "failed", reason });
  }

  /**
   * A message came from the channel: the first one with its text is not shown here any more. It may be somebody else's,
   * and then the page's own comes, too.
   */
  see(channel: string, text: string): void {
    const seen = this.#entries.find(
      ({ delivery, isSeen }) =>
        !isSeen && delivery.channel === channel && delivery.text === text && delivery.state.kind !== "failed",
    );
    if (!seen) return;
    seen.isSeen = true;
    this.#change(this.#entries.filter((entry) => entry !== seen || entry.delivery.state.kind !== "sent"));
  }

  /** Removes and returns those that were sent at this time or before, and have not come back. */
  takeSent(untilMs: number): readonly Delivery[] {
    const isTaken = ({ delivery: { state } }: Entry) => state.kind === "sent" && state.atMs <= untilMs;
    const taken = this.#entries.filter(isTaken);
    if (taken.length > 0) this.#change(this.#entries.filter((entry) => !isTaken(entry)));
    return taken.map(({ delivery }) => delivery);
  }

  /** A person has done with it. */
  remove(id: number): void {
    this.#change(this.#entries.filter(({ delivery }) => delivery.id !== id));
  }

  #settle(id: number, state: Delivery["state"]): void {
    const entry = this.#entries.find(({ delivery }) => delivery.id === id);
    if (!entry) return;
    entry.delivery = { ...entry.delivery, state };
    const isDone = entry.isSeen && state.kind === "sent";
    const settled = this.#entries.filter(({ delivery }) => delivery.state.kind !== "waiting");
    const oldest = settled.length > KEPT_SETTLED ? settled[0] : undefined;
    this.#change(this.#entries.filter((each) => each !== oldest && !(isDone && each === entry)));
  }

  #change(entries: Entry[]): void {
    this.#entries = entries;
    this.#view = undefined;
  }
}
