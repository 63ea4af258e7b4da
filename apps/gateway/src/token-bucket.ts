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

  /** Takes one token, if there is one. */
  take(): boolean {
    this.#fill();
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }

  /** How long until there is one, in milliseconds. */
  get waitMs(): number {
    this.#fill();
    return Math.max(0, ((1 - this.#tokens) / this.#rate.perSecond) * 1_000);
  }

  #fill(): void {
    const nowMs = this.#now();
    const { perSecond, burst } = this.#rate;
    this.#tokens = Math.min(burst, this.#tokens + ((nowMs - this.#filledAtMs) / 1_000) * perSecond);
    this.#filledAtMs = nowMs;
  }
}
