/** Lets a few in at a time, the others wait in their order: thousands of readers that come back must not fall on the broker. */

export class Turnstile {
  readonly #maxInside: number;
  readonly #waiting: (() => void)[] = [];
  #inside = 0;

  constructor(maxInside: number) {
    this.#maxInside = maxInside;
  }

  async pass<Value>(work: () => Promise<Value>): Promise<Value> {
    if (this.#inside < this.#maxInside) this.#inside += 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      // The place goes over to the next one.
      if (next) next();
      else this.#inside -= 1;
    }
  }
}
