/**
 * What waits to be sent to all connections together, and who must go when it is too much.
 *
 * Invariant: after a sweep the sum is within the limit; between two sweeps it grows by a sixteenth of it at most.
 */

/** What the backlog needs of a connection. */
export interface Debtor {
  /** Bytes that wait to be sent. */
  readonly bufferedBytes: number;
  /** Gives them up, and the connection with them. */
  cut(): void;
}

const SWEEPS_PER_LIMIT = 16;

export class Backlog {
  readonly #maxBytes: number;
  readonly #debtors = new Set<Debtor>();
  #unsweptBytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** So many bytes could not be sent at once. */
  add(debtor: Debtor, bytes: number): void {
    this.#debtors.add(debtor);
    this.#unsweptBytes += bytes;
    if (this.#unsweptBytes >= this.#maxBytes / SWEEPS_PER_LIMIT) this.#sweep();
  }

  remove(debtor: Debtor): void {
    this.#debtors.delete(debtor);
  }

  /** Bytes that wait now. */
  get bytes(): number {
    let sum = 0;
    for (const debtor of this.#debtors) {
      const { bufferedBytes } = debtor;
      if (bufferedBytes === 0) this.#debtors.delete(debtor);
      sum += bufferedBytes;
    }
    return sum;
  }

  // Those who owe most go first: they are the slowest, and few of them make up for many.
  #sweep(): void {
    this.#unsweptBytes = 0;
    let excess = this.bytes - this.#maxBytes;
    if (excess <= 0) return;
    const byDebt = [...this.#debtors].toSorted((a, b) => b.bufferedBytes - a.bufferedBytes);
    for (const debtor of byDebt) {
      if (excess <= 0) return;
      excess -= debtor.bufferedBytes;
      this.#debtors.delete(debtor);
      debtor.cut();
    }
  }
}
