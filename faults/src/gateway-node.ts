/**
 * A gateway as a process of its own, between two proxies: clients come through a front door, which can lead to another
 * gateway while this one is away, and its connections to Redis go through a proxy that can harm them.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Program, runGateway, TcpProxy, untilListening } from "@tidewire/testkit";

const READY_WITHIN_MS = 60_000;

export interface GatewayNodeOptions {
  readonly name: string;
  /** Where its configuration is written. */
  readonly folder: string;
  readonly redisPort: number;
  readonly isDurable: boolean;
  /** What else stands in its configuration file. */
  readonly config: object;
  readonly env: Readonly<Record<string, string>>;
  /** For Node.js, before the program. */
  readonly nodeArgs: readonly string[];
}

export class GatewayNode implements AsyncDisposable {
  /** Between it and Redis. */
  readonly redisProxy: TcpProxy;
  /** Between clients and it. */
  readonly front: TcpProxy;
  readonly #options: GatewayNodeOptions;
  #program: Program;
  #port: number;

  private constructor(
    options: GatewayNodeOptions,
    proxies: { readonly redisProxy: TcpProxy; readonly front: TcpProxy },
    running: Running,
  ) {
    this.#options = options;
    this.redisProxy = proxies.redisProxy;
    this.front = proxies.front;
    this.#program = running.program;
    this.#port = running.port;
  }

  /** Resolves when it takes messages. */
  static async start(options: GatewayNodeOptions): Promise<GatewayNode> {
    const redisProxy = await TcpProxy.start(options.redisPort);
    const running = await launch(options, redisProxy.port);
    const front = await TcpProxy.start(running.port);
    const node = new GatewayNode(options, { redisProxy, front }, running);
    await node.untilReady();
    return node;
  }

  get name(): string {
    return this.#options.name;
  }

  /** Of the gateway itself. */
  get port(): number {
    return this.#port;
  }

  /** Where clients go, whichever gateway is behind. Ends in a slash. */
  get url(): string {
    return `http://127.0.0.1:${this.front.port}/`;
  }

  async kill(): Promise<void> {
    this.#program.kill("SIGKILL");
    await this.#program.result;
  }

  /** Resolves when it has drained and ended. */
  async terminate(): Promise<void> {
    this.#program.kill("SIGTERM");
    await this.#program.result;
  }

  freeze(): void {
    this.#program.kill("SIGSTOP");
  }

  thaw(): void {
    this.#program.kill("SIGCONT");
  }

  async startAgain(): Promise<void> {
    const { program, port } = await launch(this.#options, this.redisProxy.port);
    this.#program = program;
    this.#port = port;
    this.front.moveTo(port);
    await this.untilReady();
  }

  async untilReady(): Promise<void> {
    const signal = AbortSignal.timeout(READY_WITHIN_MS);
    for (;;) {
      if (signal.aborted) throw new Error(`${this.name} was not ready within ${READY_WITHIN_MS} ms`);
      const answer = await fetch(`http://127.0.0.1:${this.#port}/readyz`, { signal }).catch(() => undefined);
      await answer?.arrayBuffer().catch(() => {});
      if (answer?.status === 200) return;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.front[Symbol.asyncDispose]();
    await this.#program[Symbol.asyncDispose]();
    await this.redisProxy[Symbol.asyncDispose]();
  }
}

interface Running {
  readonly program: Program;
  readonly port: number;
}

async function launch(options: GatewayNodeOptions, redisPort: number): Promise<Running> {
  const { name, folder, isDurable, config, env, nodeArgs } = options;
  const file = join(folder, `${name}.json`);
  const redis = { url: `redis://127.0.0.1:${redisPort}`, durable: isDurable };
  await writeFile(file, JSON.stringify({ redis, ...config }));
  const program = runGateway(["--port", "0", "--config", file], env, nodeArgs);
  const { url } = await untilListening(program);
  return { program, port: Number(new URL(url).port) };
}
