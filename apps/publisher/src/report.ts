/** What `publish` says: results on the standard output, progress and failures on the error output. */
import type { Outcome } from "./outlet.ts";
import type { Plan } from "./plan.ts";

/** Shortest time between two lines of progress, in milliseconds. */
const PROGRESS_INTERVAL_MS = 100;

export interface Streams {
  readonly out: NodeJS.WritableStream;
  readonly err: NodeJS.WritableStream & { readonly isTTY?: boolean };
}

type Success = Extract<Outcome, { ok: true }>;

export class Report {
  readonly #plan: Plan;
  readonly #streams: Streams;
  #count = 0;
  #last: Success | undefined;
  #lastProgress = Number.NEGATIVE_INFINITY;

  constructor(plan: Plan, streams: Streams) {
    this.#plan = plan;
    this.#streams = streams;
  }

  published(outcome: Success): void {
    this.#count += 1;
    this.#last = outcome;
    const { channel, isJson, source } = this.#plan;
    const { ok: _ok, ...facts } = outcome;
    if (isJson) this.#streams.out.write(`${JSON.stringify({ channel, ...facts })}\n`);
    else if (source.kind === "repeat") this.#streams.out.write(`${this.#sentence(outcome)}\n`);
    else this.#progress();
  }

  /** Says how a run over many messages ended, well or not. */
  finished(failure?: string): void {
    const { isJson, source } = this.#plan;
    this.#clearProgress();
    const isSummedUp = source.kind === "lines" || source.count === undefined;
    if (!isJson && isSummedUp) {
      const count = `${this.#count} ${this.#count === 1 ? "message" : "messages"}`;
      this.#streams.out.write(
        `${count} published${this.#last ? `; the last: ${this.#sentence(this.#last)}` : ""}\n`,
      );
    }
    if (failure !== undefined) this.#streams.err.write(`publish: ${failure}\n`);
  }

  #sentence(outcome: Success): string {
    const { channel } = this.#plan;
    if ("id" in outcome) return `${channel} on ${outcome.via}: entry ${outcome.id}`;
    if ("position" in outcome) return `${channel} on ${outcome.via}: kept, position ${outcome.position}`;
    const { receivers, via } = outcome;
    const note = receivers === 0 ? " (nobody is subscribed there now)" : "";
    return `${channel} on ${via}: ${receivers} ${receivers === 1 ? "receiver" : "receivers"}${note}`;
  }

  #progress(): void {
    const { err } = this.#streams;
    const now = performance.now();
    if (!err.isTTY || now - this.#lastProgress < PROGRESS_INTERVAL_MS) return;
    this.#lastProgress = now;
    err.write(`\r${this.#count} published`);
  }

  #clearProgress(): void {
    if (this.#lastProgress > 0) this.#streams.err.write("\r\u001b[K");
  }
}
