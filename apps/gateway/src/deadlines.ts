/**
 * Many things to do at many times, with one timer for all that are not near.
 *
 * Invariant: nothing is done late, but for how late a timer of Node.js comes; at most two steps early.
 */

/** Things that are due within the same so many milliseconds are done together. */
const STEP_MS = 250;

/** Something to do. An object, and no function: tens of thousands wait. */
export interface Due {
  onDue(): void;
}

/** What is done together. */
interface Step {
  readonly number: number;
  readonly dues: Set<Due>;
}

/** When something is done: in one step with others, or by a timer of its own. */
export type Deadline = Step | NodeJS.Timeout;

export class Deadlines {
  readonly #now: () => number;
  readonly #steps = new Map<number, Step>();
  /** The last step that was done. */
  #done: number;
  #timer: NodeJS.Timeout | undefined;

  /** @param now milliseconds since 1970 */
  constructor(now: () => number) {
    this.#now = now;
    this.#done = this.#present();
  }

  /** Does it by then. The answer serves to call it off. */
  add(atMs: number, due: Due): Deadline {
    const waitMs = atMs - this.#now();
    if (waitMs < 2 * STEP_MS) return setTimeout(() => due.onDue(), Math.max(0, waitMs)).unref();
    this.#keepUp();
    // The step before, since a step is done at its end at the latest.
    const number = Math.floor(atMs / STEP_MS) - 1;
    const step = this.#steps.get(number) ?? { number, dues: new Set() };
    this.#steps.set(number, step);
    step.dues.add(due);
    this.#timer ??= setInterval(() => this.#run(), STEP_MS).unref();
    return step;
  }

  remove(deadline: Deadline, due: Due): void {
    if (!("dues" in deadline)) return clearTimeout(deadline);
    const { number, dues } = deadline;
    dues.delete(due);
    // Once a step is done, its number may stand for later things.
    if (dues.size === 0 && this.#steps.get(number) === deadline) this.#steps.delete(number);
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
      const step = this.#steps.get(this.#done);
      this.#steps.delete(this.#done);
      for (const due of step?.dues ?? []) due.onDue();
    }
    if (this.#steps.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
