/** How long to wait before the next try: exponential backoff with full jitter. */

const BASE_MS = 500;
const CAP_MS = 10_000;

/**
 * Full jitter (anything from nothing to the ceiling) spreads the clients of a gateway that came
 * back, so that they do not all knock at once.
 */
export function reconnectDelayMs(failedTries: number, random: () => number): number {
  const ceilingMs = Math.min(CAP_MS, BASE_MS * 2 ** failedTries);
  return Math.round(random() * ceilingMs);
}
