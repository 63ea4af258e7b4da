/** The command line of `pnpm bench`. */
import { parseArgs } from "node:util";

export interface Flags {
  /** Names of servers. */
  readonly only: readonly string[];
  /** Names of workloads. */
  readonly workloads: readonly string[];
  readonly runs: number;
  readonly isQuick: boolean;
  /** Files to write, from the folder in which the command was given. */
  readonly json: string | undefined;
  readonly svg: string | undefined;
}

const DEFAULT_RUNS = 3;
const MAX_RUNS = 99;

export function helpText({ servers, workloads }: Choices): string {
  return `pnpm bench [flags]

  --only NAME,…      measure these servers only: ${servers.join(", ")}
  --workload NAME,…  these workloads only: ${workloads.join(", ")}
  --runs N           how often each is measured; the tables hold medians (default ${DEFAULT_RUNS})
  --quick            small counts, one run: shows that everything works, measures nothing
  --json FILE        write every figure of every run there
  --svg FILE         draw the figures there
  --help             say this
`;
}

/** What the names in a list can be. */
interface Choices {
  readonly servers: readonly string[];
  readonly workloads: readonly string[];
}

/** Reads the flags; throws an error that can be shown when they are wrong. `undefined` stands for `--help`. */
export function readFlags(args: readonly string[], choices: Choices): Flags | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: "string" },
      workload: { type: "string" },
      runs: { type: "string" },
      quick: { type: "boolean", default: false },
      json: { type: "string" },
      svg: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return undefined;
  const runs = Number(values.runs ?? (values.quick ? 1 : DEFAULT_RUNS));
  if (!Number.isInteger(runs) || runs < 1 || runs > MAX_RUNS)
    throw new Error(`--runs is a whole number from 1 to ${MAX_RUNS}`);
  return {
    only: chosen("--only", values.only, choices.servers),
    workloads: chosen("--workload", values.workload, choices.workloads),
    runs,
    isQuick: values.quick,
    json: values.json,
    svg: values.svg,
  };
}

function chosen(flag: string, value: string | undefined, choices: readonly string[]): readonly string[] {
  const names = value?.split(",") ?? choices;
  const unknown = names.filter((name) => !choices.includes(name));
  if (unknown.length > 0) throw new Error(`${flag} knows ${choices.join(", ")}; not ${unknown.join(", ")}`);
  return names;
}
