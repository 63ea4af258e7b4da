/** Names that were claimed, each for a while. */

/** Most names that are remembered; above, the oldest are forgotten early. */
const MAX_NAMES = 100_000;

export class KnownKeys {
  readonly #now: () => number;
  /** When each name is free again; the oldest claims come first. */
  readonly #freeAtMs = new Map<string, number>();

  /** @param now milliseconds since 1970 */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Whether nobody had claimed the name; from now on, for `windowMs` milliseconds, somebody has. */
  claim(name: string, windowMs: number): boolean {
    const nowMs = this.#now();
    this.#forget(nowMs);
    if ((this.#freeAtMs.get(name) ?? 0) > nowMs) return false;
    this.#freeAtMs.delete(name);
    this.#freeAtMs.set(name, nowMs + windowMs);
    return true;
  }

  #forget(nowMs: number): void {
    for (const [name, freeAtMs] of this.#freeAtMs) {
      if (freeAtMs > nowMs && this.#freeAtMs.size < MAX_NAMES) return;
      this.#freeAtMs.delete(name);
    }
  }
}
