/** Measures: every workload, every round, every server, one after another; a failure costs one run, not the rest. */
import { mkdtempDisposable } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "@tidewire/testkit";
import { start } from "./child.ts";
import { finishLoad, type Generator, type LoadResult, startLoad } from "./load.ts";
import { type Peer, type Target, untilListening } from "./peers/peer.ts";
import type { Run } from "./statistics.ts";
import { loadOptions, type Workload } from "./workloads.ts";

/** A port that seemed free may be taken by the time a server binds it. */
const START_ATTEMPTS = 3;

interface Measurement {
  readonly generator: Generator;
  readonly peers: readonly Peer[];
  readonly workloads: readonly Workload[];
  readonly rounds: number;
  readonly redisPort: number;
  /** Nothing more is started once it is aborted. */
  readonly signal: AbortSignal;
  /** Told before each run. */
  readonly onRun: (workload: Workload, round: number, peer: Peer) => void;
}

/** All runs, also those that failed. Servers take turns, so that whatever disturbs the machine disturbs all. */
export async function measure(measurement: Measurement): Promise<Run[]> {
  const { workloads, rounds, peers, signal, onRun } = measurement;
  const runs: Run[] = [];
  for (const workload of workloads) {
    const here = peers.filter((peer) => peer.hasChannels || (workload.channels ?? 1) === 1);
    for (let round = 1; round <= rounds; round += 1) {
      for (const peer of here) {
        if (signal.aborted) return runs;
        onRun(workload, round, peer);
        const run = { workload: workload.name, server: peer.name, round };
        const outcome = await attempt(() => runOnce(measurement, workload, peer));
        // A run that was broken off is neither a result nor a failure.
        if (!signal.aborted) runs.push({ ...run, ...outcome });
      }
    }
  }
  return runs;
}

async function attempt(
  action: () => Promise<LoadResult>,
): Promise<{ result: LoadResult } | { failure: string }> {
  try {
    return { result: await action() };
  } catch (error) {
    return { failure: error instanceof Error ? error.message : String(error) };
  }
}

async function runOnce(
  { generator, redisPort, signal }: Measurement,
  workload: Workload,
  peer: Peer,
): Promise<LoadResult> {
  await using folder = await mkdtempDisposable(join(tmpdir(), "tidewire-bench-"));
  const target = await startTarget(peer, signal, {
    redisPort,
    folder: folder.path,
    payloadBytes: workload.traffic?.payloadBytes ?? 0,
    hasManyChannels: (workload.channels ?? 1) > 1,
  });
  await using server = target.child;
  // Of the options of a target, those that say how to publish come last, and here the last one counts.
  const publishNothing = workload.traffic ? [] : ["--publish", "none"];
  const pids = ["--pids", target.pids.join(",")];
  const args = [...target.options, ...publishNothing, ...pids, ...loadOptions(workload)];
  signal.throwIfAborted();
  await using load = startLoad(generator, args);
  const outcome = await finishLoad(load).catch((error: Error) => error);
  // A server that has ended is also why a load failed.
  if (server.failure !== undefined) throw new Error(server.failure);
  if (outcome instanceof Error) throw outcome;
  return outcome;
}

async function startTarget(
  peer: Peer,
  signal: AbortSignal,
  context: Parameters<Peer["start"]>[0],
): Promise<Target> {
  for (let attempts = 1; ; attempts += 1) {
    signal.throwIfAborted();
    try {
      return await peer.start(context);
    } catch (error) {
      if (attempts === START_ATTEMPTS) throw error;
    }
  }
}

export interface Redis extends AsyncDisposable {
  readonly port: number;
}

/** A Redis server that keeps nothing, with a folder of its own. */
export async function startRedis(program: string): Promise<Redis> {
  const folder = await mkdtempDisposable(join(tmpdir(), "tidewire-bench-redis-"));
  const port = await freePort();
  const args = ["--bind", "127.0.0.1", "--port", String(port), "--dir", folder.path, "--save", ""];
  const child = start(program, args);
  await untilListening(child, port);
  return {
    port,
    async [Symbol.asyncDispose]() {
      await child[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}
