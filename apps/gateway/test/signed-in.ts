/** Gateways where clients sign in, and clients that have. */
import { connectV1, type V1Client } from "@tidewire/testkit";
import type { ApiKey } from "../src/api-keys.ts";
import type { Config } from "../src/config.ts";
import type { IdentityConfig } from "../src/identity-config.ts";
import { type Answer, postJson, startTestGateway, type TestGateway, testConfig } from "./test-gateway.ts";
import { type RedisGateway, startOnRedis } from "./redis-gateway.ts";
import { mint, SECRET } from "./tokens.ts";

export const IDENTITY: IdentityConfig = {
  keys: { kind: "secret", secret: SECRET },
  algorithms: ["HS256"],
  audience: [],
  issuer: [],
  clockToleranceMs: 0,
  cookie: "tidewire_token",
};
export const KEY: ApiKey = { name: "test", key: "server-key", scopes: ["publish", "admin"] };

export function start(config: Partial<Config> = {}): Promise<TestGateway> {
  return startTestGateway({ config: { identity: IDENTITY, apiKeys: [KEY], ...config } });
}

export function post(gateway: TestGateway, path: string, body: unknown): Promise<Answer> {
  return postJson(gateway.url + path, body, { authorization: `Bearer ${KEY.key}` });
}

/** A plain client of that user. */
export async function plainOf(gateway: TestGateway, sub: string, channel = "room:1") {
  return gateway.connect(`?channel=${channel}&token=${await mint({ sub })}`);
}

/** A v1 client of that user. */
export async function v1Of(gateway: TestGateway, sub: string): Promise<V1Client> {
  const client = await connectV1(gateway.webSocketUrl);
  await client.request("connect", { token: await mint({ sub }) });
  return client;
}

/** Does it again and again until told to stop. */
export async function repeat(action: () => Promise<unknown>, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) await action();
}

/** A gateway on the Redis at that port. */
export function startOn(port: number): Promise<RedisGateway> {
  const limits = { ...testConfig().limits, lingerMs: 0 };
  const config = { identity: IDENTITY, apiKeys: [KEY], limits };
  return startOnRedis(`redis://127.0.0.1:${port}`, config);
}
