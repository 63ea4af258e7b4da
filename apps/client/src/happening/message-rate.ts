/** How many messages came and went in each of the last 60 seconds. */

export const RATE_SECONDS = 60;

/** A number for each second that is over, the oldest first. */
export interface Rates {
  readonly received: readonly number[];
  readonly sent: readonly number[];
}

/** One more than is shown, for the second that is not over yet. */
const SLOTS = RATE_SECONDS + 1;

export class MessageRate {
  readonly #counts = { received: zeros(), sent: zeros() };
  #second = 0;

  count(direction: keyof Rates, nowMs: number): void {
    this.#goOnTo(nowMs);
    const counts = this.#counts[direction];
    const slot = this.#second % SLOTS;
    counts[slot] = (counts[slot] ?? 0) + 1;
  }

  read(nowMs: number): Rates {
    this.#goOnTo(nowMs);
    const oldest = this.#second + 1;
    const inOrder = (counts: readonly number[]) =>
      Array.from({ length: RATE_SECONDS }, (_, index) => counts[(oldest + index) % SLOTS] ?? 0);
    return { received: inOrder(this.#counts.received), sent: inOrder(this.#counts.sent) };
  }

  /** Empties the seconds that have begun since. */
  #goOnTo(nowMs: number): void {
    const second = Math.floor(nowMs / 1_000);
    const first = Math.max(this.#second + 1, second - RATE_SECONDS);
    for (let next = first; next <= second; next += 1) {
      this.#counts.received[next % SLOTS] = 0;
      this.#counts.sent[next % SLOTS] = 0;
    }
    this.#second = Math.max(this.#second, second);
  }
}

function zeros(): number[] {
  return Array.from({ length: SLOTS }, () => 0);
}
