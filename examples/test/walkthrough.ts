/**
 * The commands of an example's README, one after the other and as somebody copies them, on ports that are free.
 *
 * Invariant: a command is what stands in the README, word for word, but for ports; and each is run, or the test fails.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Program, type RedisServer, untilListening, untilReady } from "@tidewire/testkit";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** Where a gateway listens that is told nothing. */
const GATEWAY_PORT = "1234";

/** Where a port stands in a command. */
const PORTS = /(?<=--port |PORT=|127\.0\.0\.1:)\d{4}\b/g;

export interface WalkthroughOptions {
  /** Is the one on the default port. @default none */
  readonly redis?: RedisServer;
}

export class Walkthrough implements AsyncDisposable {
  readonly #commands: string[];
  readonly #ports = new Map<string, number>();
  readonly #env: Readonly<Record<string, string | undefined>>;
  readonly #running: Program[] = [];
  /** What every terminal begins with. */
  readonly #profile: string[] = [];

  /** @param example the name of its folder */
  constructor(example: string, { redis }: WalkthroughOptions = {}) {
    const readme = readFileSync(`${ROOT}examples/${example}/README.md`, "utf8");
    this.#commands = commandsIn(readme);
    // Programs choose a port by themselves where the README leaves it to them.
    this.#env = { PATH: process.env["PATH"], HOME: process.env["HOME"], PORT: "0", ...redisEnv(redis) };
    if (redis) this.#profile.push(`alias redis-cli="redis-cli -p ${redis.port}"`);
  }

  /** The commands that are still to come. */
  get rest(): readonly string[] {
    return this.#commands;
  }

  /** From now on this port of the README is that one. */
  bind(written: string, port: number): void {
    this.#ports.set(written, port);
  }

  /** Where what the README has on that port is. */
  portOf(written: string): number | undefined {
    return this.#ports.get(written);
  }

  /** What the README says, with the ports as they are here. */
  translate(text: string): string {
    return text.replaceAll(PORTS, (written) => String(this.#ports.get(written) ?? 0));
  }

  /** Takes the next command, which must begin so. */
  take(beginning: string): string {
    const command = this.#commands.shift();
    if (!command?.startsWith(beginning)) throw new Error(`next is: ${command}`);
    return command;
  }

  /** Starts the next command, which goes on until it is killed, or the test ends. */
  start(beginning: string): Program {
    const script = [...this.#profile, this.take(beginning)].join("\n");
    const options = { cwd: ROOT, env: this.#env, isGroup: true };
    const program = new Program("sh", ["-c", this.translate(script)], options);
    this.#running.push(program);
    return program;
  }

  /** Starts the next command, a gateway; resolves when it takes messages. */
  async startGateway(beginning = "pnpm --filter gateway start"): Promise<StartedGateway> {
    const [written = GATEWAY_PORT] = /(?<=--port )\d+/.exec(this.#commands[0] ?? "") ?? [];
    const program = this.start(beginning);
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

/** Of its blocks for a shell, one a line, but where a line ends in a backslash. */
function commandsIn(readme: string): string[] {
  return [...readme.matchAll(/^```sh\n(.*?)^```/gms)].flatMap(([, block = ""]) =>
    block.trim().split(/(?<!\\)\n/),
  );
}

function redisEnv(redis: RedisServer | undefined): Readonly<Record<string, string>> {
  if (!redis) return {};
  return { REDIS_URL: redis.url, REDIS_HOST: "127.0.0.1", REDIS_PORT: String(redis.port) };
}
