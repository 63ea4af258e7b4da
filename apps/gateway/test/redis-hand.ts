/** Does to a Redis what time would do there: so nothing is over too soon on a slow machine, and no test waits for it. */
import { connectV1, type RedisServer } from "@tidewire/testkit";
import { expect } from "vitest";
import { redisCli } from "./redis-cli.ts";

type At = Pick<RedisServer, "port">;

/** The lease of that gateway is over. @param prefix goes before its names on Redis */
export async function endLease(redis: At, prefix: string, gateway: string): Promise<void> {
  expect(await redisCli(redis, "HDEL", `${prefix}tidewire:leases`, gateway)).toBe("1");
}

/**
 * The time is over for which nobody's members are removed, and nobody's word on who is there counts as whole: after the
 * first gateway has begun, or has found that Redis forgot everything. All must have entered theirs.
 */
export async function endQuiet(redis: At, prefix: string): Promise<void> {
  const key = `${prefix}tidewire:presence:quiet`;
  await expect.poll(() => redisCli(redis, "GET", key)).toBe("anew");
  await redisCli(redis, "DEL", key);
}

/** The id of a gateway, which its v1 clients are told. @param fields what they say to connect */
export async function idOf(
  { webSocketUrl }: { readonly webSocketUrl: string },
  fields: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  await using client = await connectV1(webSocketUrl);
  return String((await client.request("connect", fields))["gateway"]);
}
