/**
 * Finds peers that are gone without a word: who says nothing for an interval is asked, who does not answer within
 * another is cut off.
 *
 * Invariant: one timer for all connections, and each of its ticks looks at one slice of them only.
 */

/** What the heartbeat needs of a connection. */
export interface Patient {
  /** Its own, and one after the other, so that the slices are of one size. */
  readonly number: number;
  /** One interval has passed: asks a silent peer, or gives up one that did not answer. */
  beat(): void;
}

const SLICES = 25;

export class Heartbeat {
  readonly #slices: readonly Set<Patient>[] = Array.from({ length: SLICES }, () => new Set<Patient>());
  readonly #timer: NodeJS.Timeout;
  #next = 0;

  /** @param intervalMs 0 for no heartbeat */
  constructor(intervalMs: number) {
    this.#timer = setInterval(() => this.#beat(), Math.max(1, intervalMs / SLICES)).unref();
    if (intervalMs === 0) clearInterval(this.#timer);
  }

  add(patient: Patient): void {
    this.#sliceOf(patient)?.add(patient);
  }

  remove(patient: Patient): void {
    this.#sliceOf(patient)?.delete(patient);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #sliceOf({ number }: Patient): Set<Patient> | undefined {
    return this.#slices[number % SLICES];
  }

  #beat(): void {
    for (const patient of this.#slices[this.#next++ % SLICES] ?? []) patient.beat();
  }
}
