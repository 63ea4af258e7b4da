/** A publication with an idempotency key, remembered and published in one step on Redis. */
import type { Redis } from "ioredis";
import type { OnceOutcome } from "./broker.ts";

/**
 * KEYS[1]  what the key is remembered under
 * ARGV[1]  for how long, in milliseconds
 * ARGV[2]  the channel's name on Redis
 * ARGV[3]  the bytes
 *
 * Returns what PUBLISH returns, or -1 when the key was known.
 */
const SCRIPT = `
if not redis.call('SET', KEYS[1], '1', 'NX', 'PX', ARGV[1]) then return -1 end
return redis.call('PUBLISH', ARGV[2], ARGV[3])
`;

export interface RedisOnce {
  readonly key: string;
  readonly windowMs: number;
  readonly name: string;
  readonly bytes: Buffer;
}

/** The script's body goes along each time: a hash that Redis does not know would be sent twice, out of order. */
export async function publishOnce(
  client: Redis,
  { key, windowMs, name, bytes }: RedisOnce,
): Promise<OnceOutcome> {
  const reply = (await client.eval(SCRIPT, 1, key, windowMs, name, bytes)) as number;
  return { receivers: Math.max(reply, 0), isDuplicate: reply < 0 };
}
