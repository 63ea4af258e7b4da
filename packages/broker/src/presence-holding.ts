/** One member on one channel, as this gateway wants it and as it is known to be, and what leads from there to here. */
import type { Result } from "./broker.ts";
import type { Member } from "./presence.ts";

/**
 * - `enter`: it was not there, as far as this gateway knows.
 * - `change`: it was there, and its info is said anew.
 * - `late`, `again`: the same, where it had to wait, or a new term has begun. Of such infos the one that was said last
 *   counts.
 */
export type ChangeKind = "enter" | "change" | "late" | "again" | "leave";

export interface HoldingChange {
  readonly kind: ChangeKind;
  readonly channel: string;
  readonly member: Member;
  /** When its info was said, by the clock of this machine: of infos that are entered again the last one counts. */
  readonly saidMs: number;
}

export interface Holding {
  readonly channel: string;
  readonly id: string;
  /** The info with which it is wanted there. */
  wanted: string | undefined;
  saidMs: number;
  /** Whether another gateway may have been told another info since it was said. */
  isLate: boolean;
  /** How it is under this term; `unsure` during a call, and after one whose outcome is not known. */
  known: { readonly info: string; readonly saidMs: number } | "absent" | "unsure";
  /** The info with which it was there before, where that has to be said. */
  former: string | undefined;
  waiters: ((result: Result<void>) => void)[];
}

/** Neither wanted nor there. */
export function createHolding(channel: string, id: string): Holding {
  return {
    channel,
    id,
    wanted: undefined,
    saidMs: 0,
    isLate: false,
    known: "absent",
    former: undefined,
    waiters: [],
  };
}

/** What makes it as it is wanted, if it is not. */
export function changeOf(holding: Holding): HoldingChange | undefined {
  const { channel, id, wanted, saidMs, known } = holding;
  if (wanted === undefined) {
    return known === "absent" ? undefined : { kind: "leave", channel, member: { id, info: "" }, saidMs };
  }
  // The same, said anew, counts: another gateway may have been told another one in between.
  if (typeof known === "object" && known.info === wanted && known.saidMs === saidMs) return undefined;
  return { kind: kindOf(holding), channel, member: { id, info: wanted }, saidMs };
}

function kindOf({ known, former, isLate }: Holding): ChangeKind {
  const wasThere = typeof known === "object" || former !== undefined;
  if (isLate) return wasThere ? "again" : "late";
  return wasThere ? "change" : "enter";
}

/** Who waits is told. */
export function settle(holding: Holding, result: Result<void>): void {
  const { waiters } = holding;
  holding.waiters = [];
  for (const resolve of waiters) resolve(result);
}
