/** Runs a real program for a test: its output line by line, its end, and its certain death with the test. */
import { type ChildProcess, type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

export interface ProgramOptions {
  readonly cwd?: string;
  /** The whole environment of the program. @default that of the test */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Written to the standard input, which is then closed. Without it the input is empty. */
  readonly input?: string;
  /** Whether a signal reaches all that the program has started, too, as Ctrl-C in a terminal does. @default false */
  readonly isGroup?: boolean;
}

export interface ProgramResult {
  /** The exit code, or the signal's name when one ended it. */
  readonly exit: number | NodeJS.Signals;
  readonly stdout: string;
  readonly stderr: string;
}

interface Waiter {
  readonly pattern: RegExp;
  readonly resolve: (line: string) => void;
  readonly reject: (error: Error) => void;
}

type Kill = (signal: NodeJS.Signals) => void;

const running = new Set<Kill>();
process.on("exit", () => {
  for (const kill of running) kill("SIGKILL");
});

/** Has the child end with this process, also when that is ended by a signal it listens to, and also a stopped one. */
export function endWithUs(child: ChildProcess, kill: Kill = (signal) => child.kill(signal)): void {
  running.add(kill);
  child.once("close", () => running.delete(kill));
}

/** To the child and all in its process group, which it leads. */
function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** A program that goes on until it ends by itself, the test disposes of it (SIGKILL), or this process ends. */
export class Program implements AsyncDisposable {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #kill: Kill;
  readonly #stdout: string[] = [];
  readonly #stderr: string[] = [];
  readonly #waiters = new Set<Waiter>();
  #ended: Error | undefined;
  readonly #result: Promise<ProgramResult>;

  constructor(command: string, args: readonly string[], options: ProgramOptions = {}) {
    const { cwd, env = process.env, input = "", isGroup = false } = options;
    const child = spawn(command, args, { cwd, env: { ...env }, detached: isGroup });
    this.#child = child;
    this.#kill = (signal) => (isGroup ? killGroup(child, signal) : child.kill(signal));
    endWithUs(child, this.#kill);
    this.#collect(this.#child.stdout, this.#stdout);
    this.#collect(this.#child.stderr, this.#stderr);
    // A program may end before it has read its input; that is its business, not an error of the test.
    this.#child.stdin.on("error", () => {});
    this.#child.stdin.end(input);
    this.#result = this.#waitForEnd(command);
    this.#result.catch(() => {});
  }

  get pid(): number {
    if (this.#child.pid === undefined) throw new Error("the program did not start");
    return this.#child.pid;
  }

  /** Resolves when the program has ended and all its output was read. */
  get result(): Promise<ProgramResult> {
    return this.#result;
  }

  /** The first line of either output that matches, whether it came already or is still to come. */
  line(pattern: RegExp): Promise<string> {
    const seen = [...this.#stdout, ...this.#stderr].find((line) => pattern.test(line));
    if (seen !== undefined) return Promise.resolve(seen);
    if (this.#ended) return Promise.reject(this.#ended);
    return new Promise((resolve, reject) => this.#waiters.add({ pattern, resolve, reject }));
  }

  kill(signal: NodeJS.Signals): void {
    this.#kill(signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#kill("SIGKILL");
    await this.#result;
  }

  #collect(stream: NodeJS.ReadableStream, lines: string[]): void {
    createInterface({ input: stream }).on("line", (line) => {
      lines.push(line);
      for (const waiter of this.#waiters) {
        if (!waiter.pattern.test(line)) continue;
        this.#waiters.delete(waiter);
        waiter.resolve(line);
      }
    });
  }

  async #waitForEnd(command: string): Promise<ProgramResult> {
    // A program that can't be started at all ends with an error event, and with no code.
    const end = once(this.#child, "close").catch((error: Error) => [error.message, null]);
    const [code, signal] = (await end) as [number | null, NodeJS.Signals | null];
    const stdout = this.#stdout.join("\n");
    const stderr = this.#stderr.join("\n");
    const exit = code ?? signal ?? "SIGKILL";
    this.#ended = new Error(`${command} ended with ${exit}:\n${stdout}\n${stderr}`);
    for (const waiter of this.#waiters) waiter.reject(this.#ended);
    return { exit, stdout, stderr };
  }
}

/** Runs a program to its end. */
export async function run(
  command: string,
  args: readonly string[],
  options: ProgramOptions = {},
): Promise<ProgramResult> {
  return new Program(command, args, options).result;
}
