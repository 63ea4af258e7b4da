/** The command line of `pnpm test:faults`. */
import { parseArgs } from "node:util";
import type { Fault } from "./faults/fault.ts";
import { DEFAULT_MEMBERS } from "./presence/schedule.ts";

export interface Flags {
  /** The seed of the first round; each after it has the next. */
  readonly seed: number;
  readonly rounds: number;
  /** Names of faults. */
  readonly only: readonly string[];
  readonly hasDefaultLimits: boolean;
  /** Rounds of presence, and not of messages. */
  readonly isPresence: boolean;
  /** Of a round of presence. */
  readonly members: number;
  /** Files to write, from the folder in which the command was given. */
  readonly json: string | undefined;
  readonly records: string | undefined;
}

const MAX_SEED = 2 ** 31 - 1;
const NAME_WIDTH = 23;
const MAX_ROUNDS = 100_000;
/** Gateways tell of so many one by one. */
const MAX_MEMBERS = 500;
/** The observers, and at least one of each kind. */
const MIN_MEMBERS = 20;

/** What can be asked for with `--only`. */
export interface Choices<Choice> {
  readonly messages: readonly Choice[];
  readonly presence: readonly Choice[];
}

export function helpText({ messages, presence }: Choices<Pick<Fault, "name" | "title">>): string {
  return `pnpm test:faults [flags]

  --rounds N         how many, one after the other (default: 1)
  --seed S           of the first round; each after it has the next (default: 1)
  --only NAME,…      these faults only, in turn
  --presence         rounds of who is there, and not of messages
  --members M        so many are there in a round of presence, ${MIN_MEMBERS} to ${MAX_MEMBERS} (default: ${DEFAULT_MEMBERS})
  --default-limits   gateways with the limits of an operator who has set none: slower
  --json FILE        write every figure and finding of every round there
  --records FILE     write there what was done and what everybody was told in the last round that failed
  --help             say this

Faults:
${listOf(messages)}

Faults with --presence:
${listOf(presence)}
`;
}

function listOf(faults: readonly Pick<Fault, "name" | "title">[]): string {
  return faults.map(({ name, title }) => `  ${name.padEnd(NAME_WIDTH)}${title}`).join("\n");
}

/** Reads the flags; throws an error that can be shown when they are wrong. `undefined` stands for `--help`. */
export function readFlags(args: readonly string[], names: Choices<string>): Flags | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: "string", default: "1" },
      seed: { type: "string", default: "1" },
      only: { type: "string" },
      presence: { type: "boolean", default: false },
      members: { type: "string", default: String(DEFAULT_MEMBERS) },
      "default-limits": { type: "boolean", default: false },
      json: { type: "string" },
      records: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return undefined;
  const faults = values.presence ? names.presence : names.messages;
  const only = values.only?.split(",") ?? [];
  const unknown = only.filter((name) => !faults.includes(name));
  if (unknown.length > 0) throw new Error(`--only knows ${faults.join(", ")}; not ${unknown.join(", ")}`);
  return {
    seed: readWhole("--seed", values.seed, [1, MAX_SEED]),
    rounds: readWhole("--rounds", values.rounds, [1, MAX_ROUNDS]),
    only,
    hasDefaultLimits: values["default-limits"],
    isPresence: values.presence,
    members: readWhole("--members", values.members, [MIN_MEMBERS, MAX_MEMBERS]),
    json: values.json,
    records: values.records,
  };
}

function readWhole(flag: string, text: string, [least, most]: readonly [number, number]): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < least || value > most)
    throw new Error(`${flag} is a whole number from ${least} to ${most}`);
  return value;
}
