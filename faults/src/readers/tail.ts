/** Reads with the command `tail`, a process of its own, which is really stopped when it is to take nothing. */
import { Command } from "../command.ts";
import { comeBack, type Reader, type ReaderOptions } from "./reader.ts";

export class TailReader implements Reader {
  readonly #options: ReaderOptions;
  readonly #stop = new AbortController();
  readonly #ended: Promise<void>;
  #command: Command | undefined;
  #hasBegun = false;

  constructor(options: ReaderOptions) {
    this.#options = options;
    this.#ended = comeBack(this.#stop.signal, () => this.#readOnce());
  }

  get record() {
    return this.#options.record;
  }

  pause(): void {
    this.#command?.freeze();
  }

  resume(): void {
    this.#command?.thaw();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#command?.[Symbol.asyncDispose]();
    await this.#ended;
  }

  async #readOnce(): Promise<void> {
    const { door, record } = this.#options;
    const args = [record.channel, "--gateway", door.url, "--json"];
    this.#command = new Command("tail.ts", args, (line) => this.#take(line));
    await this.#command.ended;
    if (!this.#stop.signal.aborted && this.#hasBegun) record.notice("return", "the command ended");
  }

  /** It does not say when it is subscribed: it has begun when something comes. */
  #take(line: string): void {
    const { record } = this.#options;
    if (line.startsWith("{")) {
      const { data, position } = JSON.parse(line) as { readonly data: unknown; readonly position?: string };
      if (!this.#hasBegun) record.begin();
      this.#hasBegun = true;
      record.hear(String(data), position);
    } else if (!this.#hasBegun) return;
    else if (line.startsWith("tail: gap")) record.notice("gap", line);
    else if (line.includes("missing here")) record.notice("return", line);
  }
}
