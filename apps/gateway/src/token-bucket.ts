/** A rate limit: so many a second in the long run, so many at once after a pause. */

export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

/** What keeps to both rates. */
export function slower(rate: Rate, other: Rate | undefined): Rate {
  if (!other) return rate;
  return {
    perSecond: Math.min(rate.perSecond, other.perSecond),
    burst: Math.min(rate.burst, other.burst),
  };
}

export class TokenBucket {
  readonly #rate: Rate;
  readonly #now: () => number;
  #tokens: number;
  #filledAtMs: number;

  /** @param now milliseconds of a clock that only goes forward */
  constructor(rate: Rate, now: () => number) {
    this.#rate = rate;
    this.#now = now;
    this.#tokens = rate.burst;
    this.#filledAtMs = now();
  }

  /** Takes so many tokens, if there are as many; of more than a full bucket holds, a full bucket. */
  take(count = 1): boolean {
    this.#fill();
    const cost = Math.min(count, this.#rate.burst);
    if (this.#tokens < cost) return false;
    this.#tokens -= cost;
    return true;
  }

  /** Takes so many tokens, also those that are not there yet: whoever comes next waits for them. */
  charge(count: number): void {
    this.#fill();
    this.#tokens -= count;
  }

  /** How long until there are so many, in milliseconds. */
  waitMs(count = 1): number {
    this.#fill();
    const missing = Math.min(count, this.#rate.burst) - this.#tokens;
    return Math.max(0, (missing / this.#rate.perSecond) * 1_000);
  }

  #fill(): void {
    const nowMs = this.#now();
    const { perSecond, burst } = this.#rate;
    this.#tokens = Math.min(burst, this.#tokens + ((nowMs - this.#filledAtMs) / 1_000) * perSecond);
    this.#filledAtMs = nowMs;
  }
}
