/** How long replies take, by the ids of requests on one connection. */

export interface RoundTripView {
  /** In milliseconds; `undefined` before the first reply. */
  readonly newestMs: number | undefined;
  /** Of the last 20. */
  readonly medianMs: number | undefined;
  /** How many the median is of. */
  readonly count: number;
}

export const NO_ROUND_TRIP: RoundTripView = { newestMs: undefined, medianMs: undefined, count: 0 };

const MAX_SAMPLES = 20;
/** A request that is older than so many others is not waited for any more. */
const MAX_WAITING = 256;

export class RoundTrips {
  readonly #sentAtMs = new Map<number, number>();
  readonly #samplesMs: number[] = [];

  sent(id: number, nowMs: number): void {
    this.#sentAtMs.set(id, nowMs);
    if (this.#sentAtMs.size <= MAX_WAITING) return;
    const [oldest] = this.#sentAtMs.keys();
    if (oldest !== undefined) this.#sentAtMs.delete(oldest);
  }

  replied(id: number, nowMs: number): void {
    const sentAtMs = this.#sentAtMs.get(id);
    if (sentAtMs === undefined) return;
    this.#sentAtMs.delete(id);
    this.#samplesMs.push(nowMs - sentAtMs);
    if (this.#samplesMs.length > MAX_SAMPLES) this.#samplesMs.shift();
  }

  read(): RoundTripView {
    const newestMs = this.#samplesMs.at(-1);
    return { newestMs, medianMs: median(this.#samplesMs), count: this.#samplesMs.length };
  }
}

function median(values: readonly number[]): number | undefined {
  const sorted = values.toSorted((left, right) => left - right);
  const middle = sorted.length / 2;
  const [lower, upper] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  return lower === undefined || upper === undefined ? undefined : (lower + upper) / 2;
}
