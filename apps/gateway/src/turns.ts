/**
 * Acts on answers in the order in which they were asked for, whichever comes first.
 *
 * Invariant: nothing is acted upon before what came before it, and nothing after `stop`.
 */

export class Turns<Answer> {
  /** Settles when the last one that waits has been acted upon; absent while none waits. */
  #last: Promise<void> | undefined;
  #isStopped = false;

  /** Acts at once where there is nothing to wait for; then the result is the act's own. */
  take(
    answer: Answer | Promise<Answer>,
    act: (answer: Answer) => Promise<void> | undefined,
  ): Promise<void> | undefined {
    if (!this.#last && !(answer instanceof Promise)) return act(answer);
    return this.#wait(answer, act);
  }

  stop(): void {
    this.#isStopped = true;
  }

  async #wait(
    answer: Answer | Promise<Answer>,
    act: (answer: Answer) => Promise<void> | undefined,
  ): Promise<void> {
    let acted: Promise<void> | undefined;
    const begun: Promise<void> = Promise.all([answer, this.#last]).then(([answered]) => {
      if (this.#last === begun) this.#last = undefined;
      if (!this.#isStopped) acted = act(answered);
      return undefined;
    });
    this.#last = begun;
    await begun;
    await acted;
  }
}
