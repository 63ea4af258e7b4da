/** `pnpm test:faults`: rounds of faults, one after the other, and what came of them. */
import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { FAULTS } from "./faults/all.ts";
import { type Flags, helpText, readFlags } from "./flags.ts";
import { PRESENCE_FAULTS } from "./presence/faults.ts";
import { playPresenceRounds } from "./presence/play.ts";
import { isGoodPresence, presenceFailures, presenceTable } from "./presence/report.ts";
import { failuresOf, toJson, toMarkdown } from "./report.ts";
import type { ReaderRecord } from "./record.ts";
import { playRound } from "./round.ts";
import { scheduleOf } from "./schedule.ts";
import { isGood, type Outcome } from "./statistics.ts";

const EXIT_FAILED = 1;
const EXIT_WRONG_USAGE = 2;
/** What a shell reports for a program that SIGINT has ended. */
const EXIT_INTERRUPTED = 130;

// Whatever was started ends with this process, those that are stopped too.
for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
  process.on(name, () => process.exit(EXIT_INTERRUPTED));

/** Figures go to the standard output, everything else is said beside it. */
function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** The path of a file that is named on the command line. */
function pathOf(file: string): string {
  // pnpm runs this in the folder of the package, and says where the command was given.
  return resolve(process.env["INIT_CWD"] ?? process.cwd(), file);
}

async function play(seed: number, flags: Flags): Promise<Outcome> {
  const schedule = scheduleOf(seed, flags);
  const { fault, persistence, target, lengthMs, hasDefaultLimits } = schedule;
  say(`Seed ${seed}: ${fault}, Redis ${persistence}, gateway ${target}, ${lengthMs} ms`);
  try {
    const { records, ledger, ...figures } = await playRound({ schedule });
    const outcome = { seed, fault, hasDefaultLimits, ...figures };
    if (flags.records !== undefined && !isGood(outcome)) {
      const all = { schedule, publications: ledger.all, readers: records.map(recordOf) };
      await writeFile(pathOf(flags.records), JSON.stringify(all, undefined, 1));
    }
    return outcome;
  } catch (error) {
    const failure = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { seed, fault, hasDefaultLimits, failure };
  }
}

function recordOf({ name, events }: ReaderRecord) {
  return { name, events };
}

async function playAll(flags: Flags): Promise<number> {
  const outcomes: Outcome[] = [];
  for (let round = 0; round < flags.rounds; round += 1) {
    const outcome = await play(flags.seed + round, flags);
    outcomes.push(outcome);
    const failure = failuresOf([outcome]);
    if (failure !== "") say(failure);
  }
  process.stdout.write(`${toMarkdown(outcomes)}\n`);
  if (flags.json !== undefined) await writeFile(pathOf(flags.json), toJson(outcomes));
  const failures = failuresOf(outcomes);
  if (failures !== "") process.stdout.write(`\n${failures}\n`);
  return outcomes.every(isGood) ? 0 : EXIT_FAILED;
}

function nameOf({ name }: { readonly name: string }): string {
  return name;
}

async function playPresence(flags: Flags): Promise<number> {
  const outcomes = await playPresenceRounds({
    flags,
    say,
    onRecords: async (records) => {
      if (flags.records !== undefined)
        await writeFile(pathOf(flags.records), JSON.stringify(records, undefined, 1));
    },
    onOutcome: (outcome) => {
      if (!isGoodPresence(outcome)) say(presenceFailures([outcome]));
    },
  });
  process.stdout.write(`${presenceTable(outcomes)}\n`);
  if (flags.json !== undefined)
    await writeFile(pathOf(flags.json), `${JSON.stringify({ rounds: outcomes }, undefined, 2)}\n`);
  const failures = presenceFailures(outcomes);
  if (failures !== "") process.stdout.write(`\n${failures}\n`);
  return outcomes.every(isGoodPresence) ? 0 : EXIT_FAILED;
}

async function main(): Promise<number> {
  const choices = { messages: FAULTS, presence: PRESENCE_FAULTS };
  const names = { messages: FAULTS.map(nameOf), presence: PRESENCE_FAULTS.map(nameOf) };
  let flags: Flags | undefined;
  try {
    flags = readFlags(process.argv.slice(2), names);
  } catch (error) {
    say(`faults: ${error instanceof Error ? error.message : String(error)}`);
    return EXIT_WRONG_USAGE;
  }
  if (flags) return flags.isPresence ? playPresence(flags) : playAll(flags);
  process.stdout.write(helpText(choices));
  return 0;
}

process.exitCode = await main();
