/** How long to wait before the next try: exponential backoff with full jitter, and never less than was asked for. */

const BASE_MS = 500;
const CAP_MS = 5_000;
/** A gateway that asks for more than this gets this. */
const LONGEST_ASKED_MS = 60_000;

export interface Tries {
  /** How many failed since the gateway last said something. */
  readonly failed: number;
  /** When the gateway asked to be back, in milliseconds from then. */
  readonly askedMs: number | undefined;
}

/**
 * Full jitter (anything from nothing to the ceiling) spreads the clients of a gateway that came
 * back, so that they do not all knock at once.
 */
export function reconnectDelayMs({ failed, askedMs = 0 }: Tries, random: () => number): number {
  const ceilingMs = Math.min(CAP_MS, BASE_MS * 2 ** failed);
  return Math.max(Math.min(askedMs, LONGEST_ASKED_MS), Math.round(random() * ceilingMs));
}
