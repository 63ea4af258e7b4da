/** The load generators that this machine can run, and how a test runs one. */
import { mkdtempDisposable } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  findCompiler,
  finishLoad,
  type Generator,
  type LoadResult,
  prepareGenerator,
  startLoad,
} from "../src/load.ts";

export interface Generators extends AsyncDisposable {
  of(kind: Generator["kind"]): Generator;
}

/** Without a C compiler there is only the one for Node. */
export const KINDS: readonly Generator["kind"][] = findCompiler() ? ["c", "node"] : ["node"];

export async function prepareGenerators(): Promise<Generators> {
  const folder = await mkdtempDisposable(join(tmpdir(), "tidewire-bench-test-"));
  const all = [
    await prepareGenerator(findCompiler(), folder.path),
    await prepareGenerator(undefined, folder.path),
  ];
  return {
    of(kind) {
      const generator = all.find((each) => each.kind === kind);
      if (!generator) throw new Error(`no load generator ${kind}`);
      return generator;
    },
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

/** Small numbers, and a window that takes all messages at once. It ends with the last of them, if all come. */
const DEFAULTS = { connections: 4, messages: 40, window: 40, settle: 0, quiet: 60, "time-limit": 100 };

/** Where not all come: time without any after which no more are waited for, in seconds. */
export const INCOMPLETE = { quiet: 5 };

/** Runs a load to its end. */
export async function load(
  generator: Generator,
  target: readonly string[],
  options: Readonly<Record<string, number | string>> = {},
): Promise<LoadResult> {
  const all = Object.entries({ ...DEFAULTS, ...options });
  await using child = startLoad(generator, [
    ...target,
    ...all.flatMap(([name, value]) => [`--${name}`, String(value)]),
  ]);
  return await finishLoad(child);
}

const COUNTS = ["lost", "late", "duplicates", "reordered", "stray", "closed"] as const;

export type Faults = Readonly<Record<(typeof COUNTS)[number], number>>;

export const NO_FAULTS: Faults = { lost: 0, late: 0, duplicates: 0, reordered: 0, stray: 0, closed: 0 };

export function faultsOf(result: LoadResult): Faults {
  return Object.fromEntries(COUNTS.map((name) => [name, result[name]])) as Faults;
}
