/**
 * The streams that may leave Redis one day, and when to look whether each is needed still.
 *
 * It is beside the scripts of streams, each of which keeps to the keys of one stream. So what is found out of a stream
 * may be out of date when it is written down here. Invariant: a channel that was added since it was taken keeps its
 * place; whoever makes a stream anew adds it.
 */
import type { Redis } from "ioredis";

/** How long a gateway that looks keeps others from it, in milliseconds, unless it has settled before. */
const CLAIM_MS = 5_000;

/**
 * KEYS[1]  the channels, scored by when to look, in milliseconds since 1970 by Redis's clock
 * KEYS[2]  the claim of the gateway that looks
 * ARGV[1]  for how long that holds, in milliseconds
 * ARGV[2]  most channels
 *
 * Returns the time, and the channels that are due with their scores, the most overdue first.
 */
const TAKE = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if not redis.call('SET', KEYS[2], '1', 'NX', 'PX', ARGV[1]) then return {now, {}} end
local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'WITHSCORES', 'LIMIT', 0, ARGV[2])
if #due == 0 then redis.call('DEL', KEYS[2]) end
return {now, due}
`;

/**
 * KEYS     as above
 * ARGV     of each channel its name, the score with which it was taken, and when to look again, or 0 for never
 *
 * A score that is another one by now was written by whoever has made the stream meanwhile, and counts.
 */
const SETTLE = `
for i = 1, #ARGV, 3 do
  if redis.call('ZSCORE', KEYS[1], ARGV[i]) == ARGV[i + 1] then
    if ARGV[i + 2] == '0' then
      redis.call('ZREM', KEYS[1], ARGV[i])
    else
      redis.call('ZADD', KEYS[1], ARGV[i + 2], ARGV[i])
    end
  end
end
redis.call('DEL', KEYS[2])
`;

export interface DueChannel {
  readonly channel: string;
  /** As Redis writes it. */
  readonly score: string;
}

export interface SettledChannel extends DueChannel {
  /** When to look again, in milliseconds since 1970 by Redis's clock; 0 for never. */
  readonly againMs: number;
}

export class RedisKeptList {
  readonly #publisher: Redis;
  readonly #keys: readonly [list: string, claim: string];

  /** @param own goes before the names that are no channel's */
  constructor(publisher: Redis, own: string) {
    this.#publisher = publisher;
    this.#keys = [`${own}kept`, `${own}sweeping`];
  }

  /** Nobody waits for it: without it the stream stays until it is added again, by its next follower. */
  add(channel: string, dueMs: number): void {
    this.#publisher.zadd(this.#keys[0], dueMs, channel).catch(() => {});
  }

  /** What is due; nothing while another gateway looks. What is taken is to be settled. */
  async take(limit: number): Promise<{ readonly nowMs: number; readonly due: readonly DueChannel[] }> {
    const reply = await this.#publisher.eval(TAKE, this.#keys.length, ...this.#keys, CLAIM_MS, limit);
    const [nowMs, row] = reply as [number, string[]];
    const due: DueChannel[] = [];
    for (let at = 0; at < row.length; at += 2) {
      due.push({ channel: row[at] as string, score: row[at + 1] as string });
    }
    return { nowMs, due };
  }

  async settle(channels: readonly SettledChannel[]): Promise<void> {
    const args = channels.flatMap(({ channel, score, againMs }) => [channel, score, againMs]);
    await this.#publisher.eval(SETTLE, this.#keys.length, ...this.#keys, ...args);
  }
}
