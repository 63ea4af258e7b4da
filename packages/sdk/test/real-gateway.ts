/** Gateways as processes, and tokens for them. */
import { mkdtempDisposable, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort, type Program, runGateway, untilListening, untilReady } from "@tidewire/testkit";
import { SignJWT } from "jose";

const SECRET = "a secret for tests that is long enough to be one";

export interface GatewayOptions {
  /** What stands in its configuration file, beside channels `kept:*` that are kept. */
  readonly config?: object;
  /** @default one that nobody else gets while it is away */
  readonly port?: number;
  readonly redisUrl: string;
  /** Whether clients must sign in. */
  readonly isSecret?: boolean;
  /** @default none: it answers local programs */
  readonly apiKey?: string;
}

export interface RealGateway extends AsyncDisposable {
  readonly program: Program;
  readonly port: number;
  readonly url: string;
}

/** Resolves when it takes messages. */
export async function startGateway(options: GatewayOptions): Promise<RealGateway> {
  const { config = {}, redisUrl, isSecret = false, apiKey } = options;
  const port = options.port ?? (await freePort());
  const folder = await mkdtempDisposable(join(tmpdir(), "tidewire-sdk-"));
  const file = join(folder.path, "tidewire.json");
  const channels = { "kept:*": { history: { size: 100_000 } } };
  await writeFile(file, JSON.stringify({ channels, ...config }));
  const args = ["--port", String(port), "--config", file, "--redis", redisUrl];
  const env = { ...(isSecret && { JWT_SECRET: SECRET }), ...(apiKey !== undefined && { API_KEY: apiKey }) };
  const program = runGateway(args, env);
  const { url } = await untilListening(program);
  await untilReady(url);
  return {
    program,
    port: Number(new URL(url).port),
    url,
    async [Symbol.asyncDispose]() {
      await program[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** For a client of the server API: no answer is too late. */
export const PATIENT = { timeoutMs: 100_000, attemptTimeoutMs: 100_000 };

/** What all gateways say together. Those that did not answer in time are asked again, but for those that are gone. */
export async function untilAnswered<Page extends { readonly missing: readonly string[] }>(
  ask: () => Promise<Page>,
  gone: readonly string[] = [],
): Promise<Page> {
  for (;;) {
    const page = await ask();
    if (page.missing.every((id) => gone.includes(id))) return page;
  }
}

/** A token of user 7, unless it is another. */
export function mint(expiresInS: number, user = "7"): Promise<string> {
  return new SignJWT({})
    .setProtectedHeader({ alg: "HS256" })
    .setSubject(user)
    .setIssuedAt()
    .setExpirationTime(Math.floor(Date.now() / 1_000) + expiresInS)
    .sign(new TextEncoder().encode(SECRET));
}
