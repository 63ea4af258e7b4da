/** Names that were claimed, each for a while, and what came of it. */

/** Most names that are remembered; above, the oldest are forgotten early. */
const MAX_NAMES = 100_000;

interface Claimed<Outcome> {
  readonly freeAtMs: number;
  readonly outcome: Outcome;
}

export class KnownKeys<Outcome> {
  readonly #now: () => number;
  /** The oldest claims come first. */
  readonly #claimed = new Map<string, Claimed<Outcome>>();

  /** @param now milliseconds since 1970 */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** What came of the claim, if somebody has claimed the name. */
  find(name: string): Outcome | undefined {
    const claimed = this.#claimed.get(name);
    return claimed && claimed.freeAtMs > this.#now() ? claimed.outcome : undefined;
  }

  /** From now on, for `windowMs` milliseconds, the name is claimed. */
  claim(name: string, windowMs: number, outcome: Outcome): void {
    const nowMs = this.#now();
    this.#forget(nowMs);
    this.#claimed.delete(name);
    this.#claimed.set(name, { freeAtMs: nowMs + windowMs, outcome });
  }

  #forget(nowMs: number): void {
    for (const [name, { freeAtMs }] of this.#claimed) {
      if (freeAtMs > nowMs && this.#claimed.size < MAX_NAMES) return;
      this.#claimed.delete(name);
    }
  }
}
