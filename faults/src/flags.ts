/** The command line of `pnpm test:faults`. */
import { parseArgs } from "node:util";
import type { Fault } from "./faults/fault.ts";

export interface Flags {
  /** The seed of the first round; each after it has the next. */
  readonly seed: number;
  readonly rounds: number;
  /** Names of faults. */
  readonly only: readonly string[];
  readonly hasDefaultLimits: boolean;
  /** Files to write, from the folder in which the command was given. */
  readonly json: string | undefined;
  readonly records: string | undefined;
}

const MAX_SEED = 2 ** 31 - 1;
const NAME_WIDTH = 23;
const MAX_ROUNDS = 100_000;

export function helpText(faults: readonly Pick<Fault, "name" | "title">[]): string {
  const list = faults.map(({ name, title }) => `  ${name.padEnd(NAME_WIDTH)}${title}`);
  return `pnpm test:faults [flags]

  --rounds N         how many, one after the other (default: 1)
  --seed S           of the first round; each after it has the next (default: 1)
  --only NAME,…      these faults only, in turn
  --default-limits   gateways with the limits of an operator who has set none: slower
  --json FILE        write every figure and finding of every round there
  --records FILE     write there what was published and what every reader got in the last round that failed
  --help             say this

Faults:
${list.join("\n")}
`;
}

/** Reads the flags; throws an error that can be shown when they are wrong. `undefined` stands for `--help`. */
export function readFlags(args: readonly string[], faults: readonly string[]): Flags | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: "string", default: "1" },
      seed: { type: "string", default: "1" },
      only: { type: "string" },
      "default-limits": { type: "boolean", default: false },
      json: { type: "string" },
      records: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return undefined;
  const only = values.only?.split(",") ?? [];
  const unknown = only.filter((name) => !faults.includes(name));
  if (unknown.length > 0) throw new Error(`--only knows ${faults.join(", ")}; not ${unknown.join(", ")}`);
  return {
    seed: readWhole("--seed", values.seed, MAX_SEED),
    rounds: readWhole("--rounds", values.rounds, MAX_ROUNDS),
    only,
    hasDefaultLimits: values["default-limits"],
    json: values.json,
    records: values.records,
  };
}

function readWhole(flag: string, text: string, most: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > most)
    throw new Error(`${flag} is a whole number from 1 to ${most}`);
  return value;
}
