/** Ticks of timers in one process: each goes out once. */
import type { Tick, TickOutcome } from "./broker.ts";

export class MemoryTicks {
  readonly #now: () => number;
  /** When the last published tick of each timer was due. */
  readonly #last = new Map<string, number>();

  /** @param now milliseconds since 1970 */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Whether the caller is the one that is to publish the tick, from now on. */
  claim({ timer, dueMs, everyMs }: Tick): TickOutcome {
    const nowMs = this.#now();
    const isDue = nowMs >= dueMs && nowMs - dueMs < everyMs;
    const lastMs = this.#last.get(timer) ?? -1;
    // A claim from the future was made before the clock was set back, and is void.
    const isPublished = isDue && (lastMs < dueMs || lastMs > nowMs);
    if (isPublished) this.#last.set(timer, dueMs);
    return { nowMs, isPublished };
  }
}
