/** Those who want to know of changes: told of the first at once, and of those that follow it closely together. */

/** About one render for each frame of a screen. A timer, since pages that nobody looks at have no frames. */
const PACE_MS = 16;

/** Listeners must not throw. */
export class PacedListeners {
  readonly #listeners = new Set<{ readonly call: () => void }>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isLate = false;

  get size(): number {
    return this.#listeners.size;
  }

  /** The result ends it, and may be called again. */
  add(call: () => void): () => void {
    const entry = { call };
    this.#listeners.add(entry);
    return () => {
      this.#listeners.delete(entry);
      if (this.#listeners.size === 0) this.#stop();
    };
  }

  call(): void {
    if (this.#timer !== undefined) {
      this.#isLate = true;
      return;
    }
    if (this.#listeners.size === 0) return;
    this.#timer = setTimeout(() => {
      const isLate = this.#isLate;
      this.#stop();
      if (isLate) this.call();
    }, PACE_MS);
    for (const entry of Array.from(this.#listeners)) entry.call();
  }

  #stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#isLate = false;
  }
}
