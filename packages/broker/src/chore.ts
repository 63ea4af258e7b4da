/**
 * Work for which there may be a reason at any time: one step after the other, and anew where a reason came meanwhile.
 *
 * Invariant: after each reason a step begins, and never while another one is under way.
 */
export class Chore {
  readonly #step: () => Promise<boolean>;
  /** Whether there was a reason since the work was begun. */
  #isDue = false;
  #isUnderWay = false;

  /** @param step some of the work; resolves to whether there may be more of it. It may not reject. */
  constructor(step: () => Promise<boolean>) {
    this.#step = step;
  }

  /** There is a reason. */
  call(): void {
    this.#isDue = true;
    if (!this.#isUnderWay) void this.#work();
  }

  async #work(): Promise<void> {
    this.#isUnderWay = true;
    while (this.#isDue) {
      this.#isDue = false;
      while (await this.#step());
    }
    this.#isUnderWay = false;
  }
}
