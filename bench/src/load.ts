/** The load generator as this program sees it: how to get one, what to ask of it, what it answers. */
import { join } from "node:path";
import { findProgram } from "@tidewire/testkit";
import { type Child, run, start } from "./child.ts";

const SOURCES = join(import.meta.dirname, "../load");
const LOAD_PARTS = ["load", "options", "connections", "markers", "measure", "publisher", "basics"];
const COMPILER_NAMES = ["cc", "gcc", "clang"];

/** What a generator prints, as one line of JSON. Times of messages are from when each was due to when it was read. */
export interface LoadResult {
  readonly generator: "c" | "node";
  readonly connections: number;
  /** From the first connection to the last answered handshake. */
  readonly connectSeconds: number;
  readonly connectsPerSecond: number;
  /** CPU of the server for one handshake. */
  readonly connectCpuMicros: number;
  /** Resident memory of the server before the first connection, with all of them idle, and at the end. */
  readonly rssStartKb: number;
  readonly rssIdleKb: number;
  readonly rssEndKb: number;
  readonly idleKbPerConnection: number;
  readonly published: number;
  /** Messages published, times the readers of each. */
  readonly expected: number;
  /** Different messages that arrived, counted for each reader. */
  readonly delivered: number;
  /** Passed over: a later one arrived, and they did not. */
  readonly lost: number;
  /** At the end of what was published, and not there when the time was up. */
  readonly late: number;
  readonly duplicates: number;
  /** Arrived after a later one. */
  readonly reordered: number;
  /** Arrived in a channel that they were not published on. */
  readonly stray: number;
  /** Connections that the server ended, before or during the publishing. */
  readonly closed: number;
  /** From the first publication to the last delivery. */
  readonly seconds: number;
  readonly deliveriesPerSecond: number;
  /** CPU of the server meanwhile. */
  readonly cpuSeconds: number;
  readonly cpuMicrosPer1000: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** Share of the time of the publishing for which the generator itself used a processor. */
  readonly generatorBusy: number;
}

/** The beginning of a command line to which the options of the load are added. */
export interface Generator {
  readonly kind: "c" | "node";
  readonly command: readonly [string, ...string[]];
}

/** The first C compiler on the path, if there is one. */
export function findCompiler(): string | undefined {
  return findProgram(COMPILER_NAMES);
}

/** Compiles `parts` of the folder load/ into the program `folder`/`name`. */
export async function compile(
  compiler: string,
  folder: string,
  name: string,
  parts: readonly string[],
): Promise<string> {
  const program = join(folder, name);
  const sources = parts.map((part) => join(SOURCES, `${part}.c`));
  await run(compiler, ["-O2", "-o", program, ...sources]);
  return program;
}

/** The generator written in C, compiled into `folder`; without a compiler the slower one for Node. */
export async function prepareGenerator(compiler: string | undefined, folder: string): Promise<Generator> {
  if (compiler) return { kind: "c", command: [await compile(compiler, folder, "load", LOAD_PARTS)] };
  return { kind: "node", command: [process.execPath, join(import.meta.dirname, "node-load.ts")] };
}

/** Starts a load; its result is in {@link finishLoad}. */
export function startLoad(generator: Generator, args: readonly string[]): Child {
  const [program, ...first] = generator.command;
  return start(program, [...first, ...args]);
}

/** Waits for the end of a load; rejects with what it said when it failed. */
export async function finishLoad(load: Child): Promise<LoadResult> {
  return JSON.parse(await load.success) as LoadResult;
}
