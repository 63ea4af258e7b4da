/**
 * The commands of a document, one after the other and as somebody copies them, on ports that are free.
 *
 * Invariant: a command is what stands in the document, word for word, but for ports. Blocks of which the document
 * says that no test runs them are passed over.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Program, type RedisServer, untilListening, untilReady } from "@tidewire/testkit";
import { shellBlocksIn } from "./shell-blocks.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** Where a gateway listens that is told nothing. */
const GATEWAY_PORT = "1234";

/** Where Redis does. */
const REDIS_PORT = "6379";

/** Where a port stands in a command. */
const PORTS = /(?<=--port |PORT=|127\.0\.0\.1:|"127\.0\.0\.1", )\d{4}\b/g;

export interface WalkthroughOptions {
  /** Is the one on the default port. @default none */
  readonly redis?: RedisServer;
}

export class Walkthrough implements AsyncDisposable {
  readonly #commands: string[];
  readonly #scripts: string[];
  readonly #ports = new Map<string, number>();
  readonly #env: Readonly<Record<string, string | undefined>>;
  readonly #running: Program[] = [];
  /** Ports of gateways that are running, as they are written. */
  readonly #held = new Set<string>();
  /** What every terminal begins with. */
  readonly #profile: string[] = [];

  /** @param document its path from the root of the repository */
  constructor(document: string, { redis }: WalkthroughOptions = {}) {
    const text = readFileSync(`${ROOT}${document}`, "utf8");
    this.#commands = shellBlocksIn(text).flatMap(({ commands, isMarked }) => (isMarked ? [] : commands));
    this.#scripts = [...text.matchAll(/^```js\n(.*?)^```/gms)].map(([, script = ""]) => script);
    // Programs choose a port by themselves where the document leaves it to them.
    this.#env = { PATH: process.env["PATH"], HOME: process.env["HOME"], PORT: "0", ...redisEnv(redis) };
    if (!redis) return;
    this.#profile.push(`alias redis-cli="redis-cli -p ${redis.port}"`);
    this.bind(REDIS_PORT, redis.port);
  }

  /** The commands that are still to come. */
  get rest(): readonly string[] {
    return this.#commands;
  }

  /** The scripts for a browser that are still to come. */
  get restScripts(): readonly string[] {
    return this.#scripts;
  }

  /** From now on this port of the document is that one. */
  bind(written: string, port: number): void {
    this.#ports.set(written, port);
  }

  /** Where what the document has on that port is. */
  portOf(written: string): number | undefined {
    return this.#ports.get(written);
  }

  /** What the document says, with the ports as they are here. */
  translate(text: string): string {
    return text.replaceAll(PORTS, (written) => String(this.#ports.get(written) ?? 0));
  }

  /** Takes the next command, which must begin so. */
  take(beginning: string): string {
    const command = this.#commands.shift();
    if (!command?.startsWith(beginning)) throw new Error(`next is: ${command}`);
    return command;
  }

  /** Takes the next script for a browser, with the ports as they are here. */
  takeScript(): string {
    const script = this.#scripts.shift();
    if (script === undefined) throw new Error("there is no script left");
    return this.translate(script);
  }

  /** Starts the next command, which goes on until it is killed, or the test ends. */
  start(beginning: string): Program {
    const script = [...this.#profile, this.take(beginning)].join("\n");
    const options = { cwd: ROOT, env: this.#env, isGroup: true };
    const program = new Program("sh", ["-c", this.translate(script)], options);
    this.#running.push(program);
    return program;
  }

  /** Starts the next command, a gateway; resolves when it takes messages. Its port must be free as it is written. */
  async startGateway(beginning = "pnpm --filter gateway start"): Promise<StartedGateway> {
    const [written = GATEWAY_PORT] = /(?<=--port )\d+/.exec(this.#commands[0] ?? "") ?? [];
    if (this.#held.has(written)) throw new Error(`a gateway is still running on port ${written}`);
    const program = this.start(beginning);
    this.#held.add(written);
    void program.result.finally(() => this.#held.delete(written));
    const { url } = await untilListening(program);
    await untilReady(url);
    this.bind(written, Number(new URL(url).port));
    return { program, url, webSocketUrl: url.replace("http:", "ws:") };
  }

  /** Runs the next command to its end; resolves to what it prints. */
  async run(beginning: string): Promise<string> {
    const { exit, stdout, stderr } = await this.start(beginning).result;
    if (exit !== 0) throw new Error(`${beginning} ended with ${exit}:\n${stdout}\n${stderr}`);
    return stdout;
  }

  /** Takes the next command, an `export`, which is for all terminals from now on. */
  export(): void {
    this.#profile.push(this.take("export "));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#running.map((program) => program[Symbol.asyncDispose]()));
  }
}

export interface StartedGateway {
  readonly program: Program;
  readonly url: string;
  readonly webSocketUrl: string;
}

function redisEnv(redis: RedisServer | undefined): Readonly<Record<string, string>> {
  if (!redis) return {};
  return { REDIS_URL: redis.url, REDIS_HOST: "127.0.0.1", REDIS_PORT: String(redis.port) };
}
