/** Streams that leave Redis when nobody needs them, and those that do not: with other brokers and programs beside. */
import { type RedisServer, startRedis } from "@tidewire/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Retention, Streams } from "../src/index.ts";
import { RedisKeptList } from "../src/redis-kept-list.ts";
import { text, valueOf } from "./observer.ts";
import { openRawClient } from "./open-broker.ts";
import {
  appendAll,
  BRIEF,
  headOf,
  LONG,
  NOT_TAILED,
  openPair,
  readAfter,
  untilSwept,
} from "./stream-helpers.ts";

let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis[Symbol.asyncDispose]());

/** The names on Redis are those of the channel `s`. */
async function openScene(prefix: string) {
  const pair = await openPair(redis.url, prefix);
  const { here, raw } = pair;
  const own = `${prefix}tidewire:`;
  const [key, list, epoch] = [`${prefix}s`, `${own}kept`, `${own}epoch:{${prefix}s}`];
  /** Has a look at it now, under that retention; when it is looked at again. */
  const lookAt = async (retention: Retention) => {
    await raw.zadd(list, 0, "s");
    valueOf(await here.broker.streams.sweep(() => retention));
    return Number(await raw.zscore(list, "s"));
  };
  return { ...pair, own, key, list, epoch, lookAt };
}

async function append(streams: Streams, retention: Retention, channel = "s"): Promise<void> {
  valueOf(await streams.append(channel, text("a"), { retention }));
}

describe("nothing is left on Redis", () => {
  test("of many names that somebody followed and left, or published on", async () => {
    await using opened = await openScene("many:");
    const { here, there, raw } = opened;
    const names = Array.from({ length: 250 }, (_, index) => `chat:${index}`);
    for (const name of names)
      valueOf(await here.broker.streams.follow(name, { ...NOT_TAILED, retention: BRIEF }));
    for (const name of names) here.broker.streams.unfollow(name);
    await Promise.all(names.map((name) => append(there.broker.streams, BRIEF, `dm:${name}`)));
    const left = async () => {
      await Promise.all([here, there].map(({ broker }) => broker.streams.sweep(() => BRIEF)));
      return raw.keys("many:*");
    };
    await expect.poll(left).toEqual([]);
  });

  test("of more than are looked at at a time, in one sweep", async () => {
    await using opened = await openScene("one-sweep:");
    const { here, raw, list } = opened;
    const gone = Array.from({ length: 250 }, (_, index) => ["0", `s${index}`]).flat();
    await raw.zadd(list, ...gone);
    valueOf(await here.broker.streams.sweep(() => BRIEF));
    expect(await raw.keys("one-sweep:*")).toEqual([]);
  });

  test("of what several brokers append, follow and sweep in the same moments, and followers miss nothing", async () => {
    await using opened = await openScene("race:");
    const { here, there, raw } = opened;
    const sent = Array.from({ length: 500 }, (_, index) => String(index));
    await here.broker.streams.follow("followed", { ...NOT_TAILED, retention: BRIEF });
    for (const [index, each] of sent.entries()) {
      const channel = `s${index % 3}`;
      const once = { key: each, by: "client", windowMs: 1 } as const;
      await Promise.all([
        there.broker.streams.append(channel, text(each), {
          retention: BRIEF,
          ...(index % 2 === 0 && { once }),
        }),
        here.broker.streams.sweep(() => BRIEF),
        here.broker.streams.follow(channel, { ...NOT_TAILED, retention: BRIEF }),
        there.broker.streams.sweep(() => BRIEF),
        there.broker.streams.append("followed", text(each), { retention: BRIEF }),
      ]);
      here.broker.streams.unfollow(channel);
    }
    const events = here.observer.stream;
    const told: string[] = [];
    while (told.length < sent.length) {
      const event = await events.find(({ channel }) => channel === "followed");
      told.push(event.kind === "entry" ? event.entry.publication.payload.toString() : event.kind);
    }
    expect(told).toEqual(sent);
    here.broker.streams.unfollow("followed");
    const left = async () => {
      await here.broker.streams.sweep(() => BRIEF);
      return raw.keys("race:*");
    };
    await expect.poll(left).toEqual([]);
  });

  test("of a stream that another program deleted", async () => {
    await using opened = await openScene("deleted:");
    const { here, raw, key, lookAt } = opened;
    await append(here.broker.streams, LONG);
    await raw.del(key);
    expect(await lookAt(LONG)).toBe(0);
    expect(await raw.keys("deleted:*")).toEqual([]);
  });

  test("of a stream that is made again while it is removed, once that one is too old", async () => {
    await using opened = await openScene("again:");
    const { here, raw, own } = opened;
    const list = new RedisKeptList(raw, own);
    list.add("s", 1);
    const { due } = await list.take(1);
    expect(due).toMatchObject([{ channel: "s" }]);
    await append(here.broker.streams, BRIEF);
    await list.settle(due.map(({ channel, score }) => ({ channel, score, againMs: 0 })));
    await untilSwept(here.broker.streams, "s", () => BRIEF);
    expect(await raw.keys("again:*")).toEqual([]);
  });

  test("of a stream that was lost from the list, once somebody has followed it again", async () => {
    await using opened = await openScene("unlisted:");
    const { here, raw, list } = opened;
    const { streams } = here.broker;
    await append(streams, BRIEF);
    await raw.del(list);
    await streams.follow("s", { ...NOT_TAILED, retention: BRIEF });
    streams.unfollow("s");
    await untilSwept(streams, "s", () => BRIEF);
    expect(await raw.keys("unlisted:*")).toEqual([]);
  });

  test("of a stream that Redis has lost from the list in another life of its own, when one who only reads finds it", async () => {
    await using opened = await openScene("another-life:");
    const { here, raw, list, epoch } = opened;
    const { streams } = here.broker;
    await append(streams, BRIEF);
    await raw.multi().del(list).hset(epoch, "server", "another").exec();
    await headOf(streams, "s");
    await untilSwept(streams, "s", () => BRIEF);
    expect(await raw.keys("another-life:*")).toEqual([]);
  });
});

describe("a stream stays", () => {
  test("as long as the newest entry is to be kept, also when another program added that", async () => {
    await using opened = await openScene("raw:");
    const { here, raw, key, list, lookAt } = opened;
    const { streams } = here.broker;
    await streams.follow("s", { ...NOT_TAILED, retention: BRIEF });
    streams.unfollow("s");
    const id = (await raw.xadd(key, "*", "a", "1")) ?? "";
    await expect.poll(() => numberOfFollowers(raw, "raw:")).toBe(0);
    expect(await lookAt(LONG)).toBe(Number.parseInt(id, 10) + LONG.maxAgeMs + 1);
    expect(await raw.xlen(key)).toBe(1);
    expect(await raw.zcard(list)).toBe(1);
  });

  test("also with an id of the future, and is looked at again and again", async () => {
    await using opened = await openScene("future:");
    const { here, raw, key, lookAt } = opened;
    await append(here.broker.streams, LONG);
    await raw.xadd(key, "18446744073709551614-1", "a", "1");
    const [seconds] = await raw.time();
    const againMs = await lookAt(LONG);
    expect(againMs).toBeGreaterThan(Number(seconds) * 1_000 + LONG.maxAgeMs);
    expect(againMs).toBeLessThan(Number(seconds) * 1_000 + 2 * LONG.maxAgeMs);
    expect(await raw.xlen(key)).toBe(2);
  });

  test("while somebody follows it through another broker", async () => {
    await using opened = await openScene("there:");
    const { here, there, raw, lookAt } = opened;
    await there.broker.streams.follow("s", { ...NOT_TAILED, retention: BRIEF });
    const before = await headOf(here.broker.streams, "s");
    const startMs = await nowMs(raw);
    // So that its beginning does not count any more.
    await expect.poll(() => nowMs(raw)).toBeGreaterThan(startMs + BRIEF.maxAgeMs);
    expect(await lookAt(BRIEF)).toBeGreaterThan(startMs);
    expect(await headOf(here.broker.streams, "s")).toEqual(before);
    await appendAll(here.broker.streams, "s", ["a"]);
    expect(await there.observer.told()).toEqual(["a"]);
    there.broker.streams.unfollow("s");
    await untilSwept(here.broker.streams, "s", () => BRIEF);
  });

  test("for a while when whoever followed it has left, however long nothing has come", async () => {
    await using opened = await openScene("left:");
    const { here, there, raw, epoch, lookAt } = opened;
    const { streams } = there.broker;
    const position = valueOf(await streams.follow("s", { ...NOT_TAILED, retention: LONG }));
    const seenMs = (await lookAt(LONG)) - LONG.maxAgeMs / 2;
    streams.unfollow("s");
    await expect.poll(() => numberOfFollowers(raw, "left:")).toBe(0);
    expect(await lookAt(LONG)).toBe(seenMs + LONG.maxAgeMs + 1);
    expect(await readAfter(here.broker.streams, position)).toMatchObject({ isComplete: true });
    await raw.hset(epoch, "followed", seenMs - 2 * LONG.maxAgeMs);
    expect(await lookAt(LONG)).toBe(0);
    expect(await readAfter(here.broker.streams, position)).toMatchObject({ isComplete: false });
  });

  test("for a while also when nobody has looked while it was followed", async () => {
    await using opened = await openScene("unseen:");
    const { here, there, raw, epoch, lookAt } = opened;
    const { streams } = there.broker;
    const position = valueOf(await streams.follow("s", { ...NOT_TAILED, retention: LONG }));
    streams.unfollow("s");
    await expect.poll(() => numberOfFollowers(raw, "unseen:")).toBe(0);
    expect(await lookAt(LONG)).toBe(Number(await raw.hget(epoch, "followed")) + LONG.maxAgeMs + 1);
    expect(await readAfter(here.broker.streams, position)).toMatchObject({ isComplete: true });
  });

  test("while it has groups of consumers", async () => {
    await using opened = await openScene("groups:");
    const { here, raw, key, lookAt } = opened;
    await append(here.broker.streams, BRIEF);
    await raw.xgroup("CREATE", key, "workers", "0");
    const id = Number.parseInt((await headOf(here.broker.streams, "s")).id, 10);
    await expect.poll(() => nowMs(raw)).toBeGreaterThan(id + BRIEF.maxAgeMs);
    expect(await lookAt(BRIEF)).toBeGreaterThan(0);
    expect(await raw.exists(key)).toBe(1);
    await raw.xgroup("DESTROY", key, "workers");
    await untilSwept(here.broker.streams, "s", () => BRIEF);
  });

  test("when another program has made it, and is not looked at again", async () => {
    await using opened = await openScene("foreign:");
    const { here, raw, key, lookAt } = opened;
    await append(here.broker.streams, BRIEF);
    await raw.multi().del(key).xadd(key, "1-1", "a", "1").exec();
    expect(await lookAt(BRIEF)).toBe(0);
    expect(await raw.xlen(key)).toBe(1);
    // Nor does who follows it list it.
    await here.broker.streams.follow("s", { ...NOT_TAILED, retention: BRIEF });
    await append(here.broker.streams, BRIEF);
    expect(await raw.keys("foreign:tidewire:kept")).toEqual([]);
  });

  test("when its rule says no age, and is not looked at again", async () => {
    await using opened = await openScene("for-ever:");
    const { here, raw, key, lookAt } = opened;
    await append(here.broker.streams, { maxLength: 1 });
    expect(await raw.keys("for-ever:tidewire:kept")).toEqual([]);
    expect(await lookAt({ maxLength: 1 })).toBe(0);
    expect(await raw.exists(key)).toBe(1);
  });

  test("when its epoch's record is something else; it is looked at later, and the others are not kept by it", async () => {
    await using opened = await openScene("odd:");
    const { here, raw, key, list, epoch, lookAt } = opened;
    const { streams } = here.broker;
    await append(streams, BRIEF);
    await raw.set(epoch, "text");
    await raw.set("odd:text", "no stream");
    await raw.zadd(list, 0, "text");
    await append(streams, BRIEF, "other");
    const againMs = await lookAt(BRIEF);
    expect(againMs).toBeGreaterThan(await nowMs(raw));
    await untilSwept(streams, "other", () => BRIEF);
    expect(await raw.zrange(list, "0", "-1")).toEqual(["s"]);
    expect(await raw.exists(key, "odd:text")).toBe(2);
  });

  test("while another broker sweeps", async () => {
    await using opened = await openScene("claim:");
    const { here, raw, own, list } = opened;
    const { streams } = here.broker;
    await append(streams, BRIEF);
    await raw.zadd(list, 0, "s");
    await raw.set(`${own}sweeping`, "1");
    expect(await streams.sweep(() => BRIEF)).toEqual({ ok: true, value: undefined });
    expect(await raw.zscore(list, "s")).toBe("0");
    await raw.del(`${own}sweeping`);
    await untilSwept(streams, "s", () => BRIEF);
  });
});

type Raw = ReturnType<typeof openRawClient>;

async function nowMs(raw: Raw): Promise<number> {
  const [seconds, microseconds] = await raw.time();
  return Number(seconds) * 1_000 + Math.floor(Number(microseconds) / 1_000);
}

/** Of the channel `s`. */
async function numberOfFollowers(raw: Raw, prefix: string): Promise<unknown> {
  const counts = await raw.pubsub("NUMSUB", `${prefix}tidewire:bell:s`, `${prefix}s`);
  const [, bells, , names] = counts;
  return Number(bells) + Number(names);
}
