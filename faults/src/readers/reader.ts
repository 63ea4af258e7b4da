/** What reads in a round, whatever it speaks: it comes back by itself, and records what it was given and told. */
import { setTimeout as wait } from "node:timers/promises";
import type { Door } from "../door.ts";
import type { ReaderRecord } from "../record.ts";

export interface Reader extends AsyncDisposable {
  readonly record: ReaderRecord;
  /** Takes nothing from its socket until it is resumed. Absent for those that can't. */
  readonly pause?: () => void;
  readonly resume?: () => void;
}

export interface ReaderOptions {
  readonly record: ReaderRecord;
  readonly door: Door;
  readonly isStream: boolean;
}

/** Time before a reader comes back, in milliseconds. */
const RETURN_MS = 100;

/** Connects again and again until it is told to stop; `once` resolves when the connection has ended. */
export async function comeBack(stop: AbortSignal, once: () => Promise<void>): Promise<void> {
  while (!stop.aborted) {
    await once().catch(() => {});
    await wait(RETURN_MS, undefined, { signal: stop }).catch(() => {});
  }
}
