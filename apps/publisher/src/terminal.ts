/** What the commands share towards a terminal and a pipe: lines, Ctrl-C, and a reader that stops early. */
import { once } from "node:events";

export const EXIT_FAILED = 1;
export const EXIT_USAGE = 2;

/** Prints one line, and waits while whoever reads the output is slow. Gives up waiting when `stop` is aborted. */
export async function print(line: string, stop?: AbortSignal): Promise<void> {
  if (process.stdout.write(`${line}\n`) || stop?.aborted) return;
  await once(process.stdout, "drain", stop && { signal: stop }).catch((error: Error) => {
    if (!stop?.aborted) throw error;
  });
}

/**
 * Says something beside the output, at its place in it: for whoever reads both as one, it goes out after all that was
 * printed before, and before what is printed next. Does not wait for that any more once `stop` is aborted.
 */
export async function remark(text: string, stop?: AbortSignal): Promise<void> {
  if (process.stdout.writableLength > 0) await written(process.stdout, "", stop);
  await written(process.stderr, `${text}\n`, stop);
}

/** Writes it, and waits until it has gone out, or `stop` is aborted. */
async function written(stream: NodeJS.WriteStream, text: string, stop?: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const done = () => resolve();
  stream.write(text, done);
  if (stop?.aborted) return;
  stop?.addEventListener("abort", done);
  await promise;
  stop?.removeEventListener("abort", done);
}

/** Says how the program is to be called, and gives its exit code. */
export function complain(program: string, faults: readonly string[]): number {
  process.stderr.write(`${faults.map((fault) => `${program}: ${fault}`).join("\n")}\nSee --help.\n`);
  return EXIT_USAGE;
}

/** Aborted by Ctrl-C: the way to end what has no end of its own, and no failure. */
export function interrupted(): AbortSignal {
  const controller = new AbortController();
  process.once("SIGINT", () => controller.abort());
  return controller.signal;
}

/** Whoever reads the output may stop early, as `head` does; there is nobody left to tell. */
export function endWithReader(): void {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    process.exit();
  });
}
