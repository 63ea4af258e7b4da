/** Publishes with the command `publish`, which reads lines: on streams by `XADD`, elsewhere through a gateway. */
import { Command } from "../command.ts";
import type { Door } from "../door.ts";
import type { Outcome } from "../publication.ts";
import { inTime, type Publisher, UNKNOWN } from "./publisher.ts";

export interface CliPublisherOptions {
  readonly door: Door;
  readonly channel: string;
  readonly isStream: boolean;
  readonly redisPort: number;
}

export class CliPublisher implements Publisher {
  readonly mayRepeat = false;
  readonly #args: readonly string[];
  #command: Command | undefined;
  #resolve: (outcome: Outcome) => void = () => {};

  constructor({ door, channel, isStream, redisPort }: CliPublisherOptions) {
    const where = isStream
      ? ["--stream", "--redis", `redis://127.0.0.1:${redisPort}`]
      : ["--gateway", door.url];
    this.#args = [channel, "-", "--json", ...where];
  }

  async publish(text: string): Promise<Outcome> {
    const { promise, resolve } = Promise.withResolvers<Outcome>();
    this.#resolve = resolve;
    this.#command ??= this.#start();
    this.#command.write(text);
    const outcome = await inTime(promise, UNKNOWN);
    if (outcome.fate !== "acknowledged") await this[Symbol.asyncDispose]();
    return outcome;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const command = this.#command;
    this.#command = undefined;
    await command?.[Symbol.asyncDispose]();
  }

  #start(): Command {
    const command = new Command("main.ts", this.#args, (line) => {
      if (this.#command === command) this.#resolve(outcomeOf(line));
    });
    void this.#watch(command);
    return command;
  }

  async #watch(command: Command): Promise<void> {
    await command.ended;
    if (this.#command !== command) return;
    this.#command = undefined;
    this.#resolve(UNKNOWN);
  }
}

/** A line that is no JSON says what went wrong; not whether it was done. */
function outcomeOf(line: string): Outcome {
  if (!line.startsWith("{")) return UNKNOWN;
  const { id } = JSON.parse(line) as { readonly id?: string };
  return { fate: "acknowledged", ...(id !== undefined && { id }) };
}
