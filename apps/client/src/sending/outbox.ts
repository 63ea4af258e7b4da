/**
 * What the page itself has sent and what became of it, until the channel has brought it back.
 *
 * Invariant: what is in no log yet is here, also after the page was loaded anew; nothing that a person has written gets
 * lost between the two.
 */

import type { Json, TidewireError } from "@tidewire/sdk";
import { listOf } from "../fields.ts";
import type { KeptValues } from "../kept-values.ts";
import { readOutgoing } from "./kept-outgoing.ts";

export interface Outgoing {
  /** Its idempotency key: sent again with the same one, it is published once. */
  readonly key: string;
  /** Who had signed in: another one who does so in the same tab does not see it. */
  readonly user: string | undefined;
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
    | { readonly kind: "failed"; readonly reason: Pick<TidewireError, "code" | "message"> }
    /** The page was loaded anew before the answer came: it went out, or it did not. */
    | { readonly kind: "interrupted" };
}

const NAME = "outbox";

export type Publish = (outgoing: Outgoing) => Promise<unknown>;

export class Outbox {
  readonly #kept: Pick<KeptValues, "read" | "keep">;
  readonly #listeners = new Set<() => void>();
  #all: readonly Outgoing[];

  /** @param kept where they outlive the page */
  constructor(kept: Pick<KeptValues, "read" | "keep">) {
    this.#kept = kept;
    this.#all = kept.read(NAME, listOf(readOutgoing)) ?? [];
  }

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
      ({ code, message }: TidewireError) =>
        this.#settle(facts.key, { kind: "failed", reason: { code, message } }),
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
    this.#kept.keep(NAME, all);
    for (const listener of this.#listeners) listener();
  }
}
