/** Results of load generators, to make tables of. */
import type { LoadResult } from "../src/load.ts";
import { type Run, type Summary, summarise } from "../src/statistics.ts";
import { type Workload, WORKLOADS } from "../src/workloads.ts";

const RESULT: LoadResult = {
  generator: "c",
  connections: 100,
  connectSeconds: 0.1,
  connectsPerSecond: 1_000,
  connectCpuMicros: 30,
  rssStartKb: 40_000,
  rssIdleKb: 42_000,
  rssEndKb: 51_200,
  idleKbPerConnection: 20,
  published: 1_000,
  expected: 100_000,
  delivered: 100_000,
  lost: 0,
  late: 0,
  duplicates: 0,
  reordered: 0,
  stray: 0,
  closed: 0,
  seconds: 1,
  deliveriesPerSecond: 100_000,
  cpuSeconds: 0.5,
  cpuMicrosPer1000: 5_000,
  p50Ms: 1,
  p99Ms: 2,
  maxMs: 3,
  generatorBusy: 0.5,
};

export function resultWith(changes: Partial<LoadResult> = {}): LoadResult {
  return { ...RESULT, ...changes };
}

export function summaryWith(changes: Partial<LoadResult> = {}): Summary {
  const summary = summarise([resultWith(changes)]);
  if (!summary) throw new Error("no summary");
  return summary;
}

/** A run of the workload `closed` unless `changes` say otherwise. */
export function runOf(server: string, changes: Partial<LoadResult> = {}, workload = "closed"): Run {
  return { workload, server, round: 1, result: resultWith(changes) };
}

export function workloadNamed(name: string): Workload {
  const workload = WORKLOADS.find((each) => each.name === name);
  if (!workload) throw new Error(`no workload ${name}`);
  return workload;
}
