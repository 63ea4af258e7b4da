/** Waits for what the broker has to confirm: none lasts for ever, and none outlives the gateway's readiness to wait. */

export class Patience {
  readonly #timeoutMs: number;
  /** Calling one ends its wait. */
  readonly #waiting = new Set<() => void>();

  /** @param timeoutMs the longest wait, in milliseconds */
  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
  }

  /** What it settles with, or `undefined` when that is too late. */
  async wait<Value>(promise: Promise<Value>): Promise<Value | undefined> {
    const { promise: tooLate, resolve } = Promise.withResolvers<undefined>();
    const end = () => resolve(undefined);
    const timer = setTimeout(end, this.#timeoutMs);
    this.#waiting.add(end);
    try {
      return await Promise.race([promise, tooLate]);
    } finally {
      this.#waiting.delete(end);
      clearTimeout(timer);
    }
  }

  /** It is too late for all that wait now. */
  end(): void {
    for (const end of this.#waiting) end();
  }
}
