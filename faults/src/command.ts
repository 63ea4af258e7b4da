/** One of the commands of the publisher package as a process that is spoken to line by line, and dies with the round. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { endWithUs } from "@tidewire/testkit";

const FOLDER = new URL("../../apps/publisher/src/", import.meta.url);
/** Both outputs through one pipe, so that their lines keep their order. */
const JOIN_OUTPUTS = 'exec "$0" "$@" 2>&1';

export class Command implements AsyncDisposable {
  readonly #child: ChildProcess;
  /** Resolves when it has ended, and all lines have come. */
  readonly ended: Promise<unknown>;

  /** @param file of the publisher's sources */
  constructor(file: string, args: readonly string[], onLine: (line: string) => void) {
    const program = fileURLToPath(new URL(file, FOLDER));
    const words = ["-c", JOIN_OUTPUTS, process.execPath, program, ...args];
    const child = spawn("sh", words, {
      env: { PATH: process.env["PATH"] },
      stdio: ["pipe", "pipe", "inherit"],
    });
    this.#child = child;
    endWithUs(child);
    child.stdin.on("error", () => {});
    createInterface({ input: child.stdout }).on("line", onLine);
    this.ended = once(child, "close").catch(() => {});
  }

  write(line: string): void {
    this.#child.stdin?.write(`${line}\n`);
  }

  freeze(): void {
    this.#child.kill("SIGSTOP");
  }

  thaw(): void {
    this.#child.kill("SIGCONT");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.ended;
  }
}
