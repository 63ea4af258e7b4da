/** A Redis that is killed, stopped and started again on the same port, with what it has left on disk. */
import { mkdtempDisposable } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type RedisServer, run, startRedis } from "@tidewire/testkit";

export const PERSISTENCES = [
  /** Nothing on disk. */
  "none",
  /** Snapshots, when somebody asks for one. */
  "snapshot",
  /** A log that is on disk before anything is confirmed. */
  "always",
  /** The same, and gateways that are told so. */
  "durable",
] as const;

export type Persistence = (typeof PERSISTENCES)[number];

type Folder = Awaited<ReturnType<typeof mkdtempDisposable>>;

const LOG = ["--appendonly", "yes", "--appendfsync", "always"];
/** A replica gets what it asks for at once. */
const QUICK = ["--repl-diskless-sync-delay", "0"];

export class RedisNode implements AsyncDisposable {
  readonly #folder: Folder;
  readonly #args: readonly string[];
  #server: RedisServer;

  private constructor(folder: Folder, args: readonly string[], server: RedisServer) {
    this.#folder = folder;
    this.#args = args;
    this.#server = server;
  }

  /** @param more arguments for redis-server */
  static async start(persistence: Persistence, more: readonly string[] = []): Promise<RedisNode> {
    const folder = await mkdtempDisposable(join(tmpdir(), "tidewire-faults-redis-"));
    const hasLog = persistence === "always" || persistence === "durable";
    const args = [...QUICK, ...(hasLog ? LOG : []), ...more];
    const server = await startRedis({ folder: folder.path, args });
    return new RedisNode(folder, args, server);
  }

  get port(): number {
    return this.#server.port;
  }

  async kill(): Promise<void> {
    this.#server.program.kill("SIGKILL");
    await this.#server.program.result;
  }

  async startAgain(): Promise<void> {
    this.#server = await startRedis({ folder: this.#folder.path, args: this.#args, port: this.port });
  }

  freeze(): void {
    this.#server.program.kill("SIGSTOP");
  }

  thaw(): void {
    this.#server.program.kill("SIGCONT");
  }

  /** One command through redis-cli; the lines of its answer. */
  async ask(...command: readonly string[]): Promise<string> {
    const { exit, stdout, stderr } = await run("redis-cli", ["-p", String(this.port), ...command]);
    if (exit !== 0) throw new Error(`redis-cli ${command.join(" ")} ended with ${exit}: ${stderr}`);
    return stdout;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]();
    await this.#folder[Symbol.asyncDispose]();
  }
}
