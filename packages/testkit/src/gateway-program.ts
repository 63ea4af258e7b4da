/** The gateway as its own process, with nothing of the test's environment but the path. */
import { fileURLToPath } from "node:url";
import { Program } from "./program.ts";

const MAIN = fileURLToPath(new URL("../../../apps/gateway/src/main.ts", import.meta.url));

/** @param nodeArgs for Node.js, before the program. @default none */
export function runGateway(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  nodeArgs: readonly string[] = [],
): Program {
  const words = [...nodeArgs, MAIN, ...args];
  return new Program(process.execPath, words, { env: { PATH: process.env["PATH"], ...env } });
}

export interface Listening {
  readonly msg: "listening";
  /** Of the page, ending in a slash. */
  readonly url: string;
  readonly broker: string;
}

export async function untilListening(program: Program): Promise<Listening> {
  return JSON.parse(await program.line(/"msg":"listening"/)) as Listening;
}

/** Resolves when `/readyz` says 200; asks again and again, since nothing else tells from outside. */
export async function untilReady(url: string): Promise<void> {
  while ((await fetch(`${url}readyz`)).status !== 200);
}
