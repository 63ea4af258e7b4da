/** The last positions that were handled, so that none is handled twice. Bounded: a gateway repeats none. */
export class RecentPositions {
  readonly #limit: number;
  readonly #positions = new Set<string>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** False when it is there already. */
  add(position: string): boolean {
    if (this.#positions.has(position)) return false;
    this.#positions.add(position);
    if (this.#positions.size > this.#limit) {
      const [oldest = ""] = this.#positions;
      this.#positions.delete(oldest);
    }
    return true;
  }
}
