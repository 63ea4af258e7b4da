/** Does to a Redis what time would do there: so nothing is over too soon on a slow machine, and no test waits for it. */
import { type RedisServer, run } from "@tidewire/testkit";
import { expect } from "vitest";

type At = Pick<RedisServer, "port">;

export async function redisCli({ port }: At, ...args: readonly string[]): Promise<string> {
  return (await run("redis-cli", ["-p", String(port), ...args])).stdout;
}

/** The lease of that gateway is over. @param prefix goes before its names on Redis */
export async function endLease(redis: At, prefix: string, gateway: string): Promise<void> {
  expect(await redisCli(redis, "HDEL", `${prefix}tidewire:leases`, gateway)).toBe("1");
}
