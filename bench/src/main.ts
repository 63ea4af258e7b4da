/** `pnpm bench`: this gateway and others under the same load, and what came of it. */
import { mkdtempDisposable, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { findProgram } from "@tidewire/testkit";
import { toSvg } from "./chart.ts";
import { killAll } from "./child.ts";
import { type Flags, helpText, readFlags } from "./flags.ts";
import { findCompiler, prepareGenerator } from "./load.ts";
import { allowsSockets, describeMachine, openFileLimit } from "./machine.ts";
import { measure, startRedis } from "./measure.ts";
import { PEERS } from "./peers/all.ts";
import type { Peer } from "./peers/peer.ts";
import { type Run, type Table, tabulate } from "./statistics.ts";
import { toMarkdown } from "./table.ts";
import { quickened, type Workload, WORKLOADS } from "./workloads.ts";

const EXIT_FAILED = 1;
const EXIT_WRONG_USAGE = 2;
/** What a shell reports for a program that SIGINT has ended. */
const EXIT_INTERRUPTED = 130;

/** Figures go to the standard output, everything else is said beside it. */
function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

function readArguments(): Flags | undefined {
  const choices = { servers: PEERS.map(({ name }) => name), workloads: WORKLOADS.map(({ name }) => name) };
  const flags = readFlags(process.argv.slice(2), choices);
  if (!flags) process.stdout.write(helpText(choices));
  return flags;
}

/** Those that were asked for and are here; one line says which are not. */
function presentPeers(only: readonly string[]): readonly Peer[] {
  const asked = PEERS.filter(({ name }) => only.includes(name));
  const missing = asked.flatMap((peer) => {
    const what = peer.missing();
    return what === undefined ? [] : [`${peer.name} (needs ${what})`];
  });
  if (missing.length > 0) say(`Not measured, because not here: ${missing.join("; ")}.`);
  return asked.filter((peer) => peer.missing() === undefined);
}

function possibleWorkloads({ workloads, isQuick }: Flags): readonly Workload[] {
  const asked = WORKLOADS.filter(({ name }) => workloads.includes(name));
  const sized = isQuick ? asked.map(quickened) : asked;
  const possible = sized.filter(({ connections }) => allowsSockets(connections));
  const names = sized.filter((each) => !possible.includes(each)).map(({ name }) => name);
  if (names.length > 0) {
    const limit = openFileLimit();
    say(`Not measured, because a process may open only ${limit} files (ulimit -n): ${names.join(", ")}.`);
  }
  return possible;
}

/** The first signal breaks the measurement off; what was measured so far is still printed. */
function abortOnSignal(): AbortSignal {
  const controller = new AbortController();
  const stop = () => {
    if (controller.signal.aborted) process.exit(EXIT_INTERRUPTED);
    say("\nStopping.");
    controller.abort();
    killAll();
  };
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, stop);
  return controller.signal;
}

interface Report {
  readonly tables: readonly Table[];
  readonly runs: readonly Run[];
  readonly peers: readonly Peer[];
  readonly generator: string;
}

async function measureAll(flags: Flags, signal: AbortSignal): Promise<Report> {
  const redisProgram = findProgram(["redis-server"]);
  if (!redisProgram) throw new Error("redis-server is needed, and not on the path");
  const peers = presentPeers(flags.only);
  const workloads = possibleWorkloads(flags);
  await using folder = await mkdtempDisposable(join(tmpdir(), "tidewire-bench-load-"));
  const compiler = findCompiler();
  const generator = await prepareGenerator(compiler, folder.path);
  say(
    compiler
      ? "Load generator: the one in C."
      : "Load generator: the one for Node, for want of a C compiler.",
  );
  await using redis = await startRedis(redisProgram);
  const runs = await measure({
    generator,
    peers,
    workloads,
    rounds: flags.runs,
    redisPort: redis.port,
    signal,
    onRun: (workload, round, peer) => say(`${workload.name}, run ${round} of ${flags.runs}: ${peer.title}`),
  });
  const tables = workloads.map((workload) => tabulate(workload, peers, runs));
  return { tables: tables.filter(({ rows }) => rows.length > 0), runs, peers, generator: generator.kind };
}

async function versionsOf(peers: readonly Peer[]): Promise<Record<string, string>> {
  const versions = await Promise.all(peers.map(async (peer) => [peer.name, await peer.version()] as const));
  return Object.fromEntries(versions.filter(([, version]) => version !== ""));
}

/** The path of a file that is named on the command line. */
function pathOf(file: string): string {
  // pnpm runs this in the folder of the package, and says where the command was given.
  return resolve(process.env["INIT_CWD"] ?? process.cwd(), file);
}

async function write({ json, svg }: Flags, { tables, runs, peers, generator }: Report): Promise<void> {
  const versions = await versionsOf(peers);
  const machine = describeMachine();
  const report = { at: new Date().toISOString(), machine, versions, generator, tables, runs };
  if (json !== undefined) await writeFile(pathOf(json), `${JSON.stringify(report, undefined, 2)}\n`);
  if (svg !== undefined) await writeFile(pathOf(svg), toSvg(tables));
  const { cores, kernel, node } = machine;
  const names = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  process.stdout.write(`\n${tables.map(toMarkdown).join("\n")}\n`);
  process.stdout.write(`${cores} cores, kernel ${kernel}, Node ${node}; ${names.join("; ")}.\n`);
}

async function main(): Promise<number> {
  let flags: Flags | undefined;
  try {
    flags = readArguments();
  } catch (error) {
    say(`bench: ${error instanceof Error ? error.message : String(error)}`);
    return EXIT_WRONG_USAGE;
  }
  if (!flags) return 0;
  const signal = abortOnSignal();
  try {
    const report = await measureAll(flags, signal);
    if (report.runs.length > 0) await write(flags, report);
    if (signal.aborted) return EXIT_INTERRUPTED;
    if (report.runs.length === 0) throw new Error("there was nothing to measure");
    return report.runs.some(({ failure }) => failure !== undefined) ? EXIT_FAILED : 0;
  } catch (error) {
    if (signal.aborted) return EXIT_INTERRUPTED;
    say(`bench: ${error instanceof Error ? error.message : String(error)}`);
    return EXIT_FAILED;
  }
}

process.exitCode = await main();
