/** Removes the streams that nobody needs any more from Redis, a few at a time. Throws what the client throws. */
import { isRedisAnswer } from "./redis-client.ts";
import type { RedisStreamStore } from "./redis-stream-store.ts";
import type { Retention } from "./streams.ts";

/** Channels that are looked at at a time. */
const BATCH_SIZE = 100;
/** In one sweep; what is left waits for the next one. More than clients should make between two. */
const MAX_BATCHES = 100;
/** When to look again at what Redis says no about, in milliseconds. */
const REFUSED_AGAIN_MS = 3_600_000;

export async function sweepStreams(
  store: RedisStreamStore,
  retentionOf: (channel: string) => Retention,
): Promise<void> {
  let isMore = true;
  for (let batch = 0; isMore && batch < MAX_BATCHES; batch += 1) {
    isMore = await sweepBatch(store, retentionOf);
  }
}

/** Resolves to whether there may be more. */
async function sweepBatch(
  store: RedisStreamStore,
  retentionOf: (channel: string) => Retention,
): Promise<boolean> {
  const { nowMs, due } = await store.kept.take(BATCH_SIZE);
  if (due.length === 0) return false;
  const settled = due.map(async (each) => {
    const { maxAgeMs } = retentionOf(each.channel);
    if (maxAgeMs === undefined) return { ...each, againMs: 0 };
    try {
      return { ...each, againMs: await store.sweep(each.channel, maxAgeMs) };
    } catch (error) {
      // What is wrong with one is not to keep the others.
      if (!isRedisAnswer(error)) throw error;
      return { ...each, againMs: nowMs + REFUSED_AGAIN_MS };
    }
  });
  await store.kept.settle(await Promise.all(settled));
  return due.length === BATCH_SIZE;
}
