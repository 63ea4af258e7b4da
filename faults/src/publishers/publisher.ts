/** What publishes in a round, whatever it speaks; and the loop that makes it publish at a steady pace. */
import { setTimeout as wait } from "node:timers/promises";
import { parsePosition } from "@tidewire/broker";
import type { Ledger, Outcome } from "../publication.ts";

/** How long an answer may take before a publisher gives up on it, in milliseconds. */
export const ANSWER_WITHIN_MS = 3_000;

export const REFUSED: Outcome = { fate: "refused" };
export const UNKNOWN: Outcome = { fate: "unknown" };

/** @param position that the answer tells; absent on a live channel */
export function acknowledgedAt(position: string | undefined): Outcome {
  const id = parsePosition(position ?? "")?.id;
  return { fate: "acknowledged", ...(id !== undefined && { id }) };
}

export interface Publisher extends AsyncDisposable {
  /** Whether it may send one publication several times, under one key. */
  readonly mayRepeat: boolean;
  /** Never rejects: whatever goes wrong is an outcome. Calls in one turn are sent in their order. */
  publish(text: string): Promise<Outcome>;
}

export interface Pace {
  readonly channel: string;
  readonly name: string;
  /** Most publications. */
  readonly count: number;
  /** How many are under way at a time. */
  readonly burst: number;
  readonly intervalMs: number;
}

/** Publishes until all are sent or it is told to stop; all outcomes are noted when it resolves. */
export async function publishSteadily(
  publisher: Publisher,
  pace: Pace,
  ledger: Ledger,
  stop: AbortSignal,
): Promise<void> {
  for (let sent = 0; sent < pace.count && !stop.aborted; sent += pace.burst) {
    const publications = Array.from({ length: pace.burst }, async () => {
      const publication = ledger.begin(pace.channel, pace.name, publisher.mayRepeat);
      ledger.settle(publication, await publisher.publish(publication.mark));
    });
    await Promise.all(publications);
    await wait(pace.intervalMs, undefined, { signal: stop }).catch(() => {});
  }
}

/** `late` when it takes longer than an answer may. */
export async function inTime<Value>(answer: Promise<Value>, late: Value): Promise<Value> {
  const over = new AbortController();
  const deadline = wait(ANSWER_WITHIN_MS, late, { signal: over.signal }).catch(() => late);
  return Promise.race([answer, deadline]).finally(() => over.abort());
}
