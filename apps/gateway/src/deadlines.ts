/** Many things to do at many times, with one timer for all of them. */

/** Things that are due within the same so many milliseconds are done together, none of them late. */
const STEP_MS = 250;
/** Longest time for which Node.js can wait at once. */
const MAX_WAIT_MS = 2_147_483_647;

export class Deadlines {
  readonly #now: () => number;
  /** By the number of the step at whose beginning they are done. */
  readonly #steps = new Map<number, Set<() => void>>();
  #timer: NodeJS.Timeout | undefined;
  #timerStep = Number.POSITIVE_INFINITY;

  /** @param now milliseconds since 1970 */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Does it by then, at most {@link STEP_MS} early. Returns how to call it off. */
  add(atMs: number, action: () => void): () => void {
    const step = Math.floor(atMs / STEP_MS);
    const actions = this.#steps.get(step) ?? new Set();
    this.#steps.set(step, actions);
    actions.add(action);
    if (step < this.#timerStep) this.#schedule(step);
    return () => {
      actions.delete(action);
      if (actions.size === 0) this.#steps.delete(step);
    };
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#steps.clear();
  }

  #schedule(step: number): void {
    clearTimeout(this.#timer);
    this.#timerStep = step;
    const waitMs = Math.min(Math.max(0, step * STEP_MS - this.#now()), MAX_WAIT_MS);
    this.#timer = setTimeout(() => this.#run(), waitMs).unref();
  }

  #run(): void {
    const present = Math.floor(this.#now() / STEP_MS);
    const due = [...this.#steps].filter(([step]) => step <= present);
    for (const [step, actions] of due) {
      this.#steps.delete(step);
      for (const action of actions) action();
    }
    this.#timerStep = Number.POSITIVE_INFINITY;
    const next = Math.min(...this.#steps.keys());
    if (Number.isFinite(next)) this.#schedule(next);
  }
}
