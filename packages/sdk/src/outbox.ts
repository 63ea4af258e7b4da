/**
 * What the application has asked for once, and gets one answer to over any number of connections: publications, pages
 * of history, and what concerns presence.
 *
 * Invariant: what it holds is bounded, and whatever was put in is answered or refused in the end.
 */
import { backoffMs } from "./backoff.ts";
import type { Environment } from "./environment.ts";
import type { Limits, QueueLimits } from "./options.ts";
import { TidewireError } from "./tidewire-error.ts";
import type { AnswerOf, Wire } from "./wire.ts";

export type Expected = "published" | "page" | "present" | "updated";
export type Answer<Type extends Expected> = Exclude<AnswerOf<Type>, { readonly type: "error" }>;

export interface Errand<Type extends Expected> {
  readonly expected: Type;
  /** The line that asks, for the id that it gets. */
  readonly write: (id: number) => string;
  /** What it counts in the queue. */
  readonly bytes: number;
  /** Whether it may wait for a connection. */
  readonly isPatient: boolean;
  /** How long it may go on: from now on, or from when it was first sent. */
  readonly timeoutMs: number;
  readonly timeoutFrom: "now" | "first sending";
}

interface Entry {
  readonly errand: Errand<Expected>;
  readonly resolve: (answer: Answer<Expected>) => void;
  readonly reject: (reason: TidewireError) => void;
  wasSent: boolean;
  /** Sent on this connection, and not answered. */
  isOut: boolean;
  /** It may have been done: a refusal that comes later says nothing of that. */
  isUnsure: boolean;
  failures: number;
  endsAtMs: number;
  /** Why it has not been answered well yet. */
  reason: TidewireError;
  cancelTimeout: () => void;
  cancelRetry: () => void;
}

export interface OutboxParts {
  readonly environment: Environment;
  readonly limits: Limits;
  readonly queue: QueueLimits;
}

export class Outbox {
  readonly #parts: OutboxParts;
  readonly #entries = new Set<Entry>();
  #bytes = 0;
  #wire: Wire | undefined;
  #end: TidewireError | undefined;

  constructor(parts: OutboxParts) {
    this.#parts = parts;
  }

  /** Rejects with a TidewireError. */
  add<Type extends Expected>(errand: Errand<Type>): Promise<Answer<Type>> {
    const refusal = this.#refuse(errand);
    if (refusal) return Promise.reject(refusal);
    return new Promise((resolve, reject) => {
      const entry: Entry = {
        errand,
        resolve: resolve as Entry["resolve"],
        reject,
        wasSent: false,
        isOut: false,
        isUnsure: false,
        failures: 0,
        endsAtMs: Infinity,
        reason: noAnswer(),
        cancelTimeout: () => {},
        cancelRetry: () => {},
      };
      this.#entries.add(entry);
      this.#bytes += errand.bytes;
      if (errand.timeoutFrom === "now") this.#startTimeout(entry, errand.timeoutMs);
      if (this.#wire) this.#send(entry, this.#wire);
    });
  }

  /** A connection stands: everything that is not answered goes out, in its order. */
  begin(wire: Wire): void {
    this.#wire = wire;
    for (const entry of this.#entries) this.#send(entry, wire);
  }

  /** The connection is gone, and with it the answers to what was sent. */
  pause(): void {
    this.#wire = undefined;
    for (const entry of this.#entries) {
      entry.cancelRetry();
      entry.isUnsure ||= entry.isOut;
      entry.isOut = false;
      if (entry.errand.isPatient) continue;
      const message = "The connection ended before the answer came.";
      this.#settle(entry, () => entry.reject(new TidewireError("connection_lost", message, { retry: true })));
    }
  }

  /** There will be no connection any more. */
  end(reason: TidewireError): void {
    this.#end = reason;
    for (const entry of this.#entries) this.#settle(entry, () => entry.reject(reason));
  }

  #refuse({ isPatient, bytes }: Errand<Expected>): TidewireError | undefined {
    const { maxMessages, maxBytes } = this.#parts.queue;
    if (this.#end) return this.#end;
    if (!isPatient && !this.#wire)
      return new TidewireError("offline", "There is no connection.", { retry: true });
    if (this.#entries.size < maxMessages && this.#bytes + bytes <= maxBytes) return undefined;
    return new TidewireError("queue_full", "Too much waits already.", { retry: true });
  }

  #send(entry: Entry, wire: Wire): void {
    const { errand } = entry;
    if (!entry.wasSent) {
      entry.wasSent = true;
      // A key that the gateway has forgotten would not keep a repetition from being another publication.
      const windowMs = Math.min(errand.timeoutMs, wire.idempotencyWindowMs);
      if (errand.timeoutFrom === "first sending") this.#startTimeout(entry, windowMs);
    } else if (this.#parts.environment.nowMs() >= entry.endsAtMs) {
      // The clock went on while timers stood still. Its key may be forgotten, and it would be done twice.
      return this.#settle(entry, () => entry.reject(entry.reason));
    }
    entry.isOut = true;
    if (!entry.isUnsure) entry.reason = noAnswer();
    wire.request(errand.expected, errand.write, (reply) => this.#take(entry, reply));
  }

  #take(entry: Entry, reply: AnswerOf<Expected>): void {
    if (!this.#entries.has(entry)) return;
    if (reply.type !== "error") return this.#settle(entry, () => entry.resolve(reply));
    const { code, message, retry } = reply;
    const reason = new TidewireError(code, message, { retry });
    if (!retry) return this.#settle(entry, () => entry.reject(reason));
    if (!entry.isUnsure) entry.reason = reason;
    entry.isUnsure ||= code === "unconfirmed";
    entry.isOut = false;
    const { environment, limits } = this.#parts;
    const delayMs = backoffMs(entry.failures, limits, () => environment.random());
    entry.failures += 1;
    entry.cancelRetry = environment.after(delayMs, () => this.#wire && this.#send(entry, this.#wire));
  }

  #startTimeout(entry: Entry, timeoutMs: number): void {
    const { environment } = this.#parts;
    entry.endsAtMs = environment.nowMs() + timeoutMs;
    entry.cancelTimeout = environment.after(timeoutMs, () =>
      this.#settle(entry, () => entry.reject(entry.reason)),
    );
  }

  #settle(entry: Entry, action: () => void): void {
    entry.cancelTimeout();
    entry.cancelRetry();
    if (this.#entries.delete(entry)) this.#bytes -= entry.errand.bytes;
    action();
  }
}

function noAnswer(): TidewireError {
  return new TidewireError("no_answer", "The gateway did not answer.", { retry: true });
}
