/** A real redis-server on a free port, with a folder of its own, that ends with the test. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "./free-port.ts";
import { Program } from "./program.ts";

export interface RedisServerOptions {
  /** More arguments for redis-server, such as `["--requirepass", "secret"]`. */
  readonly args?: readonly string[];
  /** Starts it there and nowhere else, as after a crash. @default a free port */
  readonly port?: number;
  /** Speaks TLS only, with the certificate {@link LOCALHOST_CERTIFICATE} for the name `localhost`. */
  readonly tls?: boolean;
  /** Where it keeps its files, and finds those of an earlier one. @default one of its own, removed with it */
  readonly folder?: string;
}

export interface RedisServer extends AsyncDisposable {
  readonly port: number;
  readonly url: string;
  readonly program: Program;
}

const FIXTURES = join(import.meta.dirname, "../fixtures");

/** The file of a self-signed certificate that is worth nothing outside tests. */
export const LOCALHOST_CERTIFICATE = join(FIXTURES, "localhost.cert.pem");

/** Resolves when the server accepts connections. Nothing is saved to disk unless `args` say so. */
export async function startRedis(options: RedisServerOptions = {}): Promise<RedisServer> {
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), "tidewire-redis-")));
  for (;;) {
    const port = options.port ?? (await freePort());
    const args = ["--bind", "127.0.0.1", "--dir", folder, "--save", "", ...listenArgs(port, options.tls)];
    const program = new Program("redis-server", [...args, ...(options.args ?? [])]);
    const line = await program.line(/Ready to accept|Address already in use/);
    if (line.includes("Ready to accept")) {
      return {
        port,
        url: options.tls ? `rediss://localhost:${port}` : `redis://127.0.0.1:${port}`,
        program,
        async [Symbol.asyncDispose]() {
          await program[Symbol.asyncDispose]();
          if (options.folder === undefined) await rm(folder, { recursive: true, force: true });
        },
      };
    }
    await program.result;
    if (options.port !== undefined) throw new Error(`port ${port} is in use`);
  }
}

function listenArgs(port: number, isTls = false): string[] {
  if (!isTls) return ["--port", String(port)];
  const tls = {
    "--port": "0",
    "--tls-port": String(port),
    "--tls-auth-clients": "no",
    "--tls-cert-file": LOCALHOST_CERTIFICATE,
    "--tls-ca-cert-file": LOCALHOST_CERTIFICATE,
    "--tls-key-file": join(FIXTURES, "localhost.key.pem"),
  };
  return Object.entries(tls).flat();
}
