/**
 * Programs that this one starts. Invariant: none of them outlives it, nor does what they start themselves, unless
 * this one is killed with SIGKILL; and a signal is sent to what was started here, never to a name.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as wait } from "node:timers/promises";

/** How much of what a program says is kept, in characters: results are one line, complaints few. */
const MAX_OUTPUT_LENGTH = 65_536;
/** Time to end by itself after SIGTERM, in milliseconds. */
const GRACE_MS = 2_000;

const running = new Set<Child>();
process.on("exit", killAll);

/** Ends at once whatever is still running. */
export function killAll(): void {
  for (const child of running) child.kill("SIGKILL");
}

/** Starts a program. Its standard input stays open: a server of ours ends when it is closed, as when we die. */
export function start(command: string, args: readonly string[]): Child {
  return new Child(command, args);
}

/** Runs a program to its end; resolves to its standard output, or rejects with what it said when it failed. */
export async function run(command: string, args: readonly string[]): Promise<string> {
  return start(command, args).success;
}

export class Child implements AsyncDisposable {
  readonly #process: ChildProcess;
  readonly #command: string;
  #stdout = "";
  #stderr = "";
  #exit: number | string | undefined;
  readonly #ended: Promise<void>;

  constructor(command: string, args: readonly string[]) {
    this.#command = command;
    // A group of its own, so that a signal also reaches the workers of nginx.
    this.#process = spawn(command, args, { stdio: "pipe", detached: true });
    this.#process.stdin?.on("error", () => {});
    this.#process.stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.#stdout = (this.#stdout + text).slice(-MAX_OUTPUT_LENGTH);
    });
    this.#process.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-MAX_OUTPUT_LENGTH);
    });
    running.add(this);
    this.#ended = this.#waitForEnd();
  }

  get pid(): number {
    if (this.#process.pid === undefined) throw new Error(`${this.#command} did not start`);
    return this.#process.pid;
  }

  /** Why it is not running any more, if it is not. */
  get failure(): string | undefined {
    if (this.#exit === undefined) return undefined;
    return `${this.#command} ended with ${this.#exit}: ${this.#stderr.trim() || this.#stdout.trim()}`;
  }

  /** The standard output, once it has ended with 0. */
  get success(): Promise<string> {
    return this.#ended.then(() => {
      if (this.#exit !== 0) throw new Error(this.failure);
      return this.#stdout;
    });
  }

  /** Sends the signal to it and to what it has started. */
  kill(signal: NodeJS.Signals): void {
    const { pid } = this.#process;
    if (pid === undefined || this.#exit !== undefined) return;
    try {
      process.kill(-pid, signal);
    } catch {
      // All of them have just ended.
    }
  }

  /** Asks it to end, and ends it when it does not. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.kill("SIGTERM");
    const grace = new AbortController();
    const end = this.#ended.then(() => grace.abort());
    await wait(GRACE_MS, undefined, { signal: grace.signal }).catch(() => {});
    this.kill("SIGKILL");
    await end;
  }

  async #waitForEnd(): Promise<void> {
    // One that can't be started at all ends with an error event.
    const end = once(this.#process, "close").catch((error: Error) => [error.message, null]);
    const [code, signal] = (await end) as [number | string | null, NodeJS.Signals | null];
    this.#exit = code ?? signal ?? "SIGKILL";
    running.delete(this);
  }
}
