/** From the figures of single runs to those of a table. */
import type { LoadResult } from "./load.ts";
import type { Workload, Yardstick } from "./workloads.ts";

/** The median; of an even count the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low, high] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  if (low === undefined || high === undefined) throw new Error("the median of nothing");
  return (low + high) / 2;
}

/** One server in one workload, once. */
export interface Run {
  readonly workload: string;
  readonly server: string;
  /** From 1. */
  readonly round: number;
  /** Absent when the run failed. */
  readonly result?: LoadResult;
  /** Why it failed. */
  readonly failure?: string;
}

/** Medians over the runs of one server in one workload, except where it says otherwise. */
export interface Summary {
  readonly deliveriesPerSecond: number;
  readonly cpuMicrosPer1000: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  readonly idleKbPerConnection: number;
  readonly connectsPerSecond: number;
  readonly rssEndKb: number;
  readonly generatorBusy: number;
  /** Sums over all runs. */
  readonly delivered: number;
  readonly lost: number;
  readonly late: number;
  readonly duplicates: number;
  readonly reordered: number;
  readonly stray: number;
  readonly closed: number;
  readonly runs: number;
}

/** `undefined` for no run. */
export function summarise(results: readonly LoadResult[]): Summary | undefined {
  if (results.length === 0) return undefined;
  const middle = (pick: (result: LoadResult) => number) => median(results.map(pick));
  const sum = (pick: (result: LoadResult) => number) =>
    results.reduce((total, each) => total + pick(each), 0);
  return {
    deliveriesPerSecond: middle((each) => each.deliveriesPerSecond),
    cpuMicrosPer1000: middle((each) => each.cpuMicrosPer1000),
    p50Ms: middle((each) => each.p50Ms),
    p99Ms: middle((each) => each.p99Ms),
    maxMs: middle((each) => each.maxMs),
    idleKbPerConnection: middle((each) => each.idleKbPerConnection),
    connectsPerSecond: middle((each) => each.connectsPerSecond),
    rssEndKb: middle((each) => each.rssEndKb),
    generatorBusy: middle((each) => each.generatorBusy),
    delivered: sum((each) => each.delivered),
    lost: sum((each) => each.lost),
    late: sum((each) => each.late),
    duplicates: sum((each) => each.duplicates),
    reordered: sum((each) => each.reordered),
    stray: sum((each) => each.stray),
    closed: sum((each) => each.closed),
    runs: results.length,
  };
}

/** How many times the limit's figure a server's is; `undefined` when there is nothing to divide. */
export function ratioToLimit(
  yardstick: Yardstick,
  summary: Summary,
  limit: Summary | undefined,
): number | undefined {
  const divisor = limit?.[yardstick] ?? 0;
  return divisor > 0 && summary[yardstick] > 0 ? summary[yardstick] / divisor : undefined;
}

/** One line of a table. */
export interface Row {
  readonly name: string;
  readonly title: string;
  readonly summary: Summary | undefined;
  /** Why it is not measured, or not in every run. */
  readonly failure: string | undefined;
  readonly ratio: number | undefined;
}

export interface Table {
  readonly workload: Workload;
  readonly rows: readonly Row[];
}

/** Names and titles of servers, in the order of the rows. */
interface Titled {
  readonly name: string;
  readonly title: string;
}

/** The server with that name is what the others are compared with. */
export const LIMIT_NAME = "limit";
/** This gateway. */
export const OWN_NAME = "gateway";

export function tabulate(workload: Workload, servers: readonly Titled[], runs: readonly Run[]): Table {
  const here = runs.filter((run) => run.workload === workload.name);
  const of = (name: string) => here.filter((run) => run.server === name);
  const summaryOf = (name: string) => summarise(of(name).flatMap(({ result }) => (result ? [result] : [])));
  const limit = summaryOf(LIMIT_NAME);
  const rows = servers
    .filter(({ name }) => of(name).length > 0)
    .map(({ name, title }): Row => {
      const summary = summaryOf(name);
      const failure = of(name).find((run) => run.failure)?.failure;
      const ratio = summary && ratioToLimit(workload.yardstick, summary, limit);
      return { name, title, summary, ratio, failure };
    });
  return { workload, rows };
}
