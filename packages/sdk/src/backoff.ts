/** How long to wait before the next try. */

export interface BackoffRange {
  readonly minBackoffMs: number;
  readonly maxBackoffMs: number;
}

/**
 * Full jitter: anything from nothing to a ceiling that doubles with each failure, so that the clients of a gateway that
 * came back do not all knock at once.
 */
export function backoffMs(failures: number, range: BackoffRange, random: () => number): number {
  return random() * Math.min(range.maxBackoffMs, range.minBackoffMs * 2 ** failures);
}
