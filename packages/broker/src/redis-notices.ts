/** Notices on Redis: kept until their time is over, told as they come, and read as a whole by whoever comes back. */
import type { Redis } from "ioredis";

/**
 * KEYS[1]  the notices, scored by when they are over, in milliseconds since 1970 by Redis's clock
 * ARGV[1]  for how long
 * ARGV[2]  the text
 * ARGV[3]  the name on which it is told
 *
 * Keeping and telling are one step: whoever was not told finds it.
 */
const POST = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
redis.call('ZADD', KEYS[1], now + ARGV[1], ARGV[2])
redis.call('PUBLISH', ARGV[3], ARGV[2])
`;

/** KEYS[1] as above. Returns the texts that are not over. */
const READ = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
return redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. now, '+inf')
`;

export class RedisNotices {
  /** The name on which they are told; the subscriber must be subscribed to it. */
  readonly name: string;
  readonly #key: string;
  readonly #publisher: Redis;

  /** @param prefix goes before the names */
  constructor(publisher: Redis, prefix: string) {
    this.#publisher = publisher;
    this.name = `${prefix}notice`;
    this.#key = `${prefix}notices`;
  }

  async post(text: string, forMs: number): Promise<void> {
    await this.#publisher.eval(POST, 1, this.#key, Math.ceil(forMs), text, this.name);
  }

  async read(): Promise<readonly string[]> {
    return (await this.#publisher.eval(READ, 1, this.#key)) as string[];
  }
}
