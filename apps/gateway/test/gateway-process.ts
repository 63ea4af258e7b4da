/** The gateway as its own process, with nothing of the test's environment but the path. */
import { fileURLToPath } from "node:url";
import { Program } from "@tidewire/testkit";

const MAIN = fileURLToPath(new URL("../src/main.ts", import.meta.url));

export function runGateway(args: readonly string[], env: Readonly<Record<string, string>> = {}): Program {
  return new Program(process.execPath, [MAIN, ...args], { env: { PATH: process.env["PATH"], ...env } });
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
