/** Asks a Redis once whether it is there and lets us in. */
import { type Result, success } from "./broker.ts";
import { openRedis } from "./redis-client.ts";
import type { RedisTarget } from "./redis-target.ts";

/** Fails with `refused` when a Redis is there and says no, with `unavailable` when none answers in time. */
export async function probeRedis(target: RedisTarget): Promise<Result<void>> {
  const result = await openRedis(target, "tidewire-probe");
  if (!result.ok) return result;
  result.value.disconnect();
  return success(undefined);
}
