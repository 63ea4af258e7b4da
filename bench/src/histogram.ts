/** Latencies in a histogram of bounded size: the same as in load/measure.c, exact to 1 part in 64. */

const SUB_BITS = 6;
const SUB_COUNT = 2 ** SUB_BITS;

export class Histogram {
  readonly #buckets = new Float64Array(64 * SUB_COUNT);
  #count = 0;
  #max = 0;

  reset(): void {
    this.#buckets.fill(0);
    this.#count = 0;
    this.#max = 0;
  }

  /** @param value a whole number from 0 */
  add(value: number): void {
    const bucket = bucketOf(value);
    this.#buckets[bucket] = (this.#buckets[bucket] ?? 0) + 1;
    this.#count += 1;
    this.#max = Math.max(this.#max, value);
  }

  /** The value that the share `quantile` of all do not exceed; 0 when there is none. */
  at(quantile: number): number {
    const rank = Math.ceil(quantile * this.#count);
    let seen = 0;
    for (const [bucket, count] of this.#buckets.entries()) {
      seen += count;
      if (count > 0 && seen >= rank) return Math.min(bucketEnd(bucket), this.#max);
    }
    return this.#max;
  }
}

function bucketOf(value: number): number {
  if (value < SUB_COUNT) return value;
  const shift = Math.floor(Math.log2(value)) - SUB_BITS;
  return (shift + 1) * SUB_COUNT + Math.floor(value / 2 ** shift) - SUB_COUNT;
}

/** The greatest value that falls into the bucket. */
function bucketEnd(bucket: number): number {
  if (bucket < SUB_COUNT) return bucket;
  const shift = Math.floor(bucket / SUB_COUNT) - 1;
  return ((bucket % SUB_COUNT) + SUB_COUNT + 1) * 2 ** shift - 1;
}
