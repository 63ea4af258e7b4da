/** Sums and quantiles over the rounds of one fault. */
import { FAULT_KINDS, type FindingKind } from "./finding.ts";
import type { RoundResult } from "./round.ts";
import type { Schedule } from "./schedule.ts";

/** What a report needs of a round; one that could not be played to its end has a failure and nothing else. */
export type Outcome = Pick<Schedule, "seed" | "fault" | "hasDefaultLimits"> &
  (
    | Pick<RoundResult, "schedule" | "verdict" | "liveAgainMs" | "publications" | "deliveries" | "durationMs">
    | { readonly failure: string }
  );

export type Played = Extract<Outcome, { readonly verdict: unknown }>;

/** One row: a fault, under one setting of Redis. */
export interface Row {
  readonly fault: string;
  readonly persistence: string;
  readonly rounds: number;
  readonly failures: number;
  readonly publications: number;
  readonly deliveries: number;
  readonly counts: Readonly<Record<FindingKind, number>>;
  /** Over all readers. */
  readonly announced: number;
  /** On streams. */
  readonly acknowledgedAndGone: number;
  readonly liveAgainMs: Quantiles | undefined;
}

/** Whole numbers. */
export interface Quantiles {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

export function isPlayed(outcome: Outcome): outcome is Played {
  return "verdict" in outcome;
}

/** Whether nothing was found, and the round came to its end. */
export function isGood(outcome: Outcome): boolean {
  return isPlayed(outcome) && outcome.verdict.findings.length === 0;
}

export function rowsOf(outcomes: readonly Outcome[]): Row[] {
  const groups = Map.groupBy(outcomes, (outcome) => `${outcome.fault} ${persistenceOf(outcome)}`);
  return [...groups.values()].map(rowOf);
}

function persistenceOf(outcome: Outcome): string {
  return isPlayed(outcome) ? outcome.schedule.persistence : "";
}

function rowOf(outcomes: readonly Outcome[]): Row {
  const [first] = outcomes as [Outcome];
  const played = outcomes.filter(isPlayed);
  const sum = (pick: (each: Played) => number) => played.reduce((total, each) => total + pick(each), 0);
  const found = played.flatMap(({ verdict }) => verdict.findings);
  const counts = FAULT_KINDS.map((kind) => [kind, found.filter((each) => each.kind === kind).length]);
  return {
    fault: first.fault,
    persistence: persistenceOf(first),
    rounds: outcomes.length,
    failures: outcomes.length - played.length,
    publications: sum(({ publications }) => publications),
    deliveries: sum(({ deliveries }) => deliveries),
    counts: Object.fromEntries(counts) as Record<FindingKind, number>,
    announced: sum(({ verdict }) => verdict.announced),
    acknowledgedAndGone: sum(({ verdict }) => verdict.acknowledgedAndGone),
    liveAgainMs: quantiles(played.flatMap(({ liveAgainMs }) => liveAgainMs)),
  };
}

/** `undefined` of nothing. */
export function quantiles(values: readonly number[]): Quantiles | undefined {
  if (values.length === 0) return undefined;
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) =>
    Math.round(sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? 0);
  return { p50: at(0.5), p99: at(0.99), max: at(1) };
}
