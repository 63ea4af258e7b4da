/**
 * Many things to do at many times, with one timer for all that are not near.
 *
 * Invariant: nothing is done late, but for how late a timer of Node.js comes; at most two steps early.
 */

/** Things that are due within the same so many milliseconds are done together. */
const STEP_MS = 250;

export class Deadlines {
  readonly #now: () => number;
  /** By the number of the step in which they are done. */
  readonly #steps = new Map<number, Set<() => void>>();
  /** The last step that was done. */
  #done: number;
  #timer: NodeJS.Timeout | undefined;

  /** @param now milliseconds since 1970 */
  constructor(now: () => number) {
    this.#now = now;
    this.#done = this.#present();
  }

  /** Does it by then. Returns how to call it off. */
  add(atMs: number, action: () => void): () => void {
    const waitMs = atMs - this.#now();
    if (waitMs < 2 * STEP_MS) {
      const timer = setTimeout(action, Math.max(0, waitMs)).unref();
      return () => clearTimeout(timer);
    }
    this.#keepUp();
    // The step before, since a step is done at its end at the latest.
    const step = Math.floor(atMs / STEP_MS) - 1;
    const actions = this.#steps.get(step) ?? new Set();
    this.#steps.set(step, actions);
    actions.add(action);
    this.#timer ??= setInterval(() => this.#run(), STEP_MS).unref();
    return () => {
      actions.delete(action);
      // Once a step is done, its number may stand for later things.
      if (actions.size === 0 && this.#steps.get(step) === actions) this.#steps.delete(step);
    };
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#steps.clear();
  }

  #present(): number {
    return Math.floor(this.#now() / STEP_MS);
  }

  /** While nothing waits no step is done; and a clock may be set back. */
  #keepUp(): void {
    const present = this.#present();
    if (this.#steps.size === 0 || present < this.#done) this.#done = present;
  }

  #run(): void {
    this.#keepUp();
    const present = this.#present();
    while (this.#done < present) {
      this.#done += 1;
      const actions = this.#steps.get(this.#done);
      this.#steps.delete(this.#done);
      for (const action of actions ?? []) action();
    }
    if (this.#steps.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
