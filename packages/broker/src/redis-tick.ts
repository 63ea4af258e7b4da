/** A tick of a timer, claimed and published in one step on Redis. */
import type { Redis } from "ioredis";

/**
 * KEYS[1]  when the last tick that was published was due
 * ARGV[1]  when this one is due, in milliseconds since 1970, by Redis's clock
 * ARGV[2]  the interval in milliseconds
 * ARGV[3]  the channel's name on Redis
 * ARGV[4]  the bytes
 *
 * Claiming and publishing are one, so a gateway that dies in between can neither double a tick nor lose it. A tick that
 * is older than one interval is over. A claim from the future was made before the clock was set back, and is void. Returns Redis's time and whether the tick was published by this call.
 */
const SCRIPT = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local due = tonumber(ARGV[1])
local every = tonumber(ARGV[2])
local last = tonumber(redis.call('GET', KEYS[1]) or '-1')
local isClaimed = last >= due and last <= now
if now < due or now - due >= every or isClaimed then return {now, 0} end
redis.call('SET', KEYS[1], ARGV[1], 'PX', every * 2 + 60000)
redis.call('PUBLISH', ARGV[3], ARGV[4])
return {now, 1}
`;

export interface RedisTick {
  readonly key: string;
  readonly name: string;
  readonly dueMs: number;
  readonly everyMs: number;
  readonly bytes: Buffer;
}

/** The script's body goes along each time: a hash that Redis does not know would be sent twice, out of order. */
export async function publishTick(
  client: Redis,
  { key, name, dueMs, everyMs, bytes }: RedisTick,
): Promise<{ readonly nowMs: number; readonly isPublished: boolean }> {
  const reply = await client.eval(SCRIPT, 1, key, dueMs, everyMs, name, bytes);
  const [nowMs, published] = reply as [number, number];
  return { nowMs, isPublished: published === 1 };
}
