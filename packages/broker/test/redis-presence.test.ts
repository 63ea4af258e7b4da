/** Presence on one Redis that does not fail: gateways come, die, and lose their leases. */
import { type RedisServer, startRedis } from "@tidewire/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { judgeNotice } from "../src/index.ts";
import { RedisPresenceStore } from "../src/redis-presence-store.ts";
import { valueOf } from "./observer.ts";
import { openRawClient, openReadyBroker, type Opened } from "./open-broker.ts";
import { presenceContract } from "./presence-contract.ts";
import {
  idsOn,
  openThree,
  renew,
  settlePresence,
  someone,
  told,
  toldUntilSentinel,
} from "./presence-helpers.ts";

let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis[Symbol.asyncDispose]());

describe("the Redis broker knows who is where", () => {
  let round = 0;
  presenceContract(async () => {
    round += 1;
    await settlePresence(redis.url, `contract-${round}:`);
    return openReadyBroker(redis.url, `contract-${round}:`);
  });
});

async function enterAll({ broker }: Opened, channel: string, ids: readonly string[]): Promise<void> {
  const results = await Promise.all(ids.map((id) => broker.presence.enter(channel, someone(id))));
  for (const result of results) valueOf(result);
}

/** Waits until the gateways have done what follows on a lease that is new. */
async function untilIdle(...gateways: readonly Opened[]): Promise<void> {
  for (const { broker } of gateways) {
    valueOf(await broker.presence.enter("elsewhere", someone("ann")));
    valueOf(await broker.presence.leave("elsewhere", "ann"));
    // What it looked at after that is answered before this.
    valueOf(await broker.presence.count("elsewhere"));
  }
}

/** The gateway is dead: nothing more comes of it, and its lease is over. */
async function die({ broker }: Opened, own: string, gateway: string): Promise<void> {
  await broker.close();
  await using raw = openRawClient(redis.url);
  await raw.hdel(`${own}leases`, gateway);
}

function someIds(count: number, beginning = "member"): string[] {
  return Array.from({ length: count }, (_, index) => `${beginning}-${String(index).padStart(5, "0")}`);
}

describe("a member whom several gateways hold", () => {
  test("joins with the first and leaves with the last, and both tell all gateways the same", async () => {
    await using opened = await openThree(redis.url, "several:");
    const { keeper, a, b } = opened;
    valueOf(await a.broker.presence.enter("room", someone("ann", "1")));
    valueOf(await b.broker.presence.enter("room", someone("ann", "1")));
    valueOf(await b.broker.presence.enter("room", someone("ann", "2")));
    const pages = await Promise.all(
      [keeper, a, b].map(({ broker }) => broker.presence.members("room", { limit: 10 })),
    );
    expect(pages[0]).toMatchObject({ value: { members: [{ id: "ann", info: "2" }], total: 1 } });
    expect(pages[1]).toEqual(pages[0]);
    expect(pages[2]).toEqual(pages[0]);
    valueOf(await a.broker.presence.leave("room", "ann"));
    expect(await idsOn(keeper, "room")).toEqual(["ann"]);
    valueOf(await b.broker.presence.leave("room", "ann"));
    expect(await toldUntilSentinel(keeper, "room")).toEqual(["+ann", "~ann", "-ann"]);
  });

  test("stays when one of them dies, and is not told of", async () => {
    await using opened = await openThree(redis.url, "stays:");
    const { keeper, a, b, own } = opened;
    await enterAll(a, "room", ["ann", "bob"]);
    await enterAll(b, "room", ["ann"]);
    await die(a, own, "a");
    await renew(b, "b");
    expect(await told(keeper, 3)).toEqual(["+ann", "+bob", "-bob"]);
    expect(await idsOn(keeper, "room")).toEqual(["ann"]);
    expect(await toldUntilSentinel(keeper, "room")).toEqual([]);
  });
});

describe("what a dead gateway held", () => {
  test("is removed once, in pieces, by whichever renew at once; and leaves nothing in Redis", async () => {
    await using opened = await openThree(redis.url, "dead:");
    const { keeper, a, b, raw, own } = opened;
    const ids = someIds(1_200);
    await enterAll(a, "room", ids);
    await enterAll(a, "other", ["ann"]);
    await told(keeper, ids.length);
    await die(a, own, "a");
    await raw.config("RESETSTAT");
    await Promise.all([renew(keeper, "keeper"), renew(b, "b"), renew(keeper, "keeper"), renew(b, "b")]);
    const left = await told(keeper, ids.length);
    expect(left.toSorted((x, y) => x.localeCompare(y))).toEqual(ids.map((id) => `-${id}`));
    expect(await toldUntilSentinel(keeper, "room")).toEqual([]);
    expect(callsOf(await raw.info("commandstats"), "spop")).toBeGreaterThanOrEqual(3);
    expect(await idsOn(keeper, "room")).toEqual([]);
    const keys = await raw.keys(`${own}presence:*`);
    const state = ["state", "terms", "info:room", "info:other"].map((name) => `${own}presence:${name}`);
    expect(new Set(keys)).toEqual(new Set(state));
    expect(await raw.hvals(`${own}presence:terms`)).toEqual([
      expect.stringMatching(/ (keeper|b)$/),
      expect.stringMatching(/ (keeper|b)$/),
    ]);
    // Of an empty channel nothing is left but for a while.
    expect(await raw.hkeys(`${own}presence:info:room`)).toEqual([""]);
    expect(await raw.pttl(`${own}presence:info:room`)).toBeGreaterThan(0);
    await enterAll(b, "room", ["ann"]);
    expect(await raw.pttl(`${own}presence:info:room`)).toBe(-1);
  });

  test("is removed when its lease is over by the clock of Redis, and not before", async () => {
    await using opened = await openThree(redis.url, "clock:");
    const { keeper, a } = opened;
    await enterAll(a, "room", ["ann"]);
    await renew(keeper, "keeper");
    expect(await toldUntilSentinel(keeper, "room")).toEqual(["+ann"]);
    await renew(a, "a", 50);
    await a.broker.close();
    // Whoever renews its lease looks.
    const look = async () => {
      await renew(keeper, "keeper");
      return idsOn(keeper, "room");
    };
    await expect.poll(look, { interval: 10 }).toEqual([]);
    expect(await told(keeper)).toEqual(["-ann"]);
  });

  test("is not removed while the time runs after there was no lease at all, and is afterwards", async () => {
    await using opened = await openThree(redis.url, "away:");
    const { keeper, a, b, raw, own } = opened;
    await enterAll(a, "room", ["ann", "bob"]);
    await enterAll(b, "room", ["bob", "cid"]);
    await told(keeper, 3);
    // A look that is under way would remove what is held without a lease.
    await untilIdle(keeper, a, b);
    await b.broker.close();
    // As after Redis was away for longer than any lease.
    await raw.del(`${own}leases`);
    await renew(keeper, "keeper");
    await renew(keeper, "keeper");
    await renew(a, "a");
    await expect.poll(() => raw.hvals(`${own}presence:terms`)).toHaveLength(5);
    await renew(keeper, "keeper");
    expect(await toldUntilSentinel(keeper, "room")).toEqual([]);
    expect(await raw.get(`${own}presence:quiet`)).toBe("calm");
    expect(await raw.pttl(`${own}presence:quiet`)).toBeGreaterThan(0);
    await raw.del(`${own}presence:quiet`);
    await renew(keeper, "keeper");
    expect(await told(keeper)).toEqual(["-cid"]);
    expect(await idsOn(keeper, "room")).toEqual(["ann", "bob"]);
  });
});

describe("a gateway that lost its lease", () => {
  test("and whose members were removed brings them back with the next one", async () => {
    await using opened = await openThree(redis.url, "swept:");
    const { keeper, a, raw, own } = opened;
    await enterAll(a, "room", ["ann", "bob"]);
    await raw.hdel(`${own}leases`, "a");
    await renew(keeper, "keeper");
    expect(new Set(await told(keeper, 4))).toEqual(new Set(["+ann", "+bob", "-ann", "-bob"]));
    void a.broker.presence.leave("room", "bob");
    const entered = a.broker.presence.enter("room", someone("cid"));
    await a.observer.lostLeases.next();
    expect(await idsOn(keeper, "room")).toEqual([]);
    await renew(a, "a");
    valueOf(await entered);
    expect(await told(keeper, 2)).toEqual(["+ann", "+cid"]);
    expect(await toldUntilSentinel(keeper, "room")).toEqual([]);
  });

  test("and takes the next one in time has nobody leave but those who left", async () => {
    await using opened = await openThree(redis.url, "anew:");
    const { keeper, a, b, raw, own } = opened;
    const ids = someIds(2_500);
    await enterAll(a, "room", ids);
    await told(keeper, ids.length);
    // A look that is under way would remove what is held without a lease.
    await untilIdle(keeper, a, b);
    await raw.hdel(`${own}leases`, "a");
    void a.broker.presence.leave("room", ids[7] as string);
    await a.observer.lostLeases.next();
    await renew(a, "a");
    // The others look while it still enters anew what it holds.
    await Promise.all([renew(keeper, "keeper"), renew(b, "b"), renew(keeper, "keeper")]);
    expect(await told(keeper)).toEqual([`-${ids[7]}`]);
    expect(await idsOn(keeper, "room")).toEqual(ids.toSpliced(7, 1));
    expect(await toldUntilSentinel(keeper, "room")).toEqual([]);
    // Those who stay are taken from the lost term in pieces, of which nobody is told.
    await expect.poll(() => raw.hlen(`${own}presence:terms`)).toBe(3);
    expect(await toldUntilSentinel(keeper, "room")).toEqual([]);
  });
});

describe("presence on Redis", () => {
  test("costs nothing in steady state: a renewal only reads, however many members there are", async () => {
    await using opened = await openThree(redis.url, "steady:");
    const { keeper, a, b, raw } = opened;
    await untilIdle(keeper, a, b);
    const costOf = async () => {
      await raw.config("RESETSTAT");
      for (let round = 0; round < 5; round += 1) {
        await renew(a, "a");
        // A question goes the same way, after the look at presence.
        valueOf(await a.broker.presence.count("room"));
      }
      const stats = await raw.info("commandstats");
      return Object.fromEntries(
        Array.from(stats.matchAll(/cmdstat_(\S+):calls=(\d+)/g), ([, name, calls]) => [name, Number(calls)]),
      );
    };
    const alone = await costOf();
    await enterAll(a, "room", someIds(5_000));
    await told(keeper, 5_000);
    const crowded = await costOf();
    expect(crowded).toEqual(alone);
    // The lease itself, five times.
    expect(crowded).toMatchObject({ hset: 5, pexpire: 5, eval: 10 });
    for (const name of ["set", "sadd", "srem", "spop", "zadd", "zrem", "hdel", "publish"]) {
      expect(crowded).not.toHaveProperty(name);
    }
  });

  test("gathers changes while a call is under way: a few calls for thousands", async () => {
    await using opened = await openThree(redis.url, "batches:");
    const { keeper, a, b, raw } = opened;
    await untilIdle(keeper, a, b);
    await raw.config("RESETSTAT");
    const channels = someIds(3_000, "channel");
    await Promise.all(channels.map((channel) => a.broker.presence.enter(channel, someone("ann"))));
    const calls = callsOf(await raw.info("commandstats"), "eval");
    expect(calls).toBe(3);
  });

  test("passes over a batch that was held up on the way, and comes after a later one", async () => {
    await using opened = await openThree(redis.url, "late:");
    const { keeper, raw, own } = opened;
    const { incarnation } = await renew(keeper, "keeper");
    const { version } = valueOf(await keeper.broker.presence.members("room", { limit: 0 }));
    const lease = { gateway: "keeper", incarnation, forMs: 1 };
    const term = { lease, epoch: version.epoch };
    const store = new RedisPresenceStore({ publisher: raw, own, leasesKey: `${own}leases` });
    const enter = { kind: "enter", channel: "room", member: someone("ann"), saidMs: 1 } as const;
    const leave = { ...enter, kind: "leave" } as const;
    expect(await store.apply(term, { sequence: 101, changes: [leave], isWhole: true })).toBe("done");
    expect(await store.apply(term, { sequence: 100, changes: [enter], isWhole: true })).toBe("done");
    expect(await idsOn(keeper, "room")).toEqual([]);
    const other = { ...term, lease: { ...lease, incarnation: incarnation - 1 } };
    expect(await store.apply(other, { sequence: 102, changes: [enter], isWhole: true })).toBe("lease lost");
    const before = { ...term, epoch: "before" };
    expect(await store.apply(before, { sequence: 102, changes: [enter], isWhole: true })).toBe("epoch over");
    expect(await idsOn(keeper, "room")).toEqual([]);
  });

  test("resets who was given an uncertain page before its gateway had looked at all", async () => {
    await using opened = await openThree(redis.url, "uncertain:");
    const { raw, own } = opened;
    await using late = await openReadyBroker(redis.url, "uncertain:");
    valueOf(await late.broker.presence.watch("room"));
    await raw.set(`${own}presence:quiet`, "anew");
    expect(valueOf(await late.broker.presence.members("room", { limit: 1 }))).toMatchObject({
      isComplete: false,
    });
    await raw.del(`${own}presence:quiet`);
    await renew(late, "late");
    expect(await told(late)).toEqual(["reset"]);
    expect(valueOf(await late.broker.presence.members("room", { limit: 1 }))).toMatchObject({
      isComplete: true,
    });
  });

  test("counts steps on when a channel was forgotten, and says that something may have been missed", async () => {
    await using opened = await openThree(redis.url, "forgotten:");
    const { keeper, a, raw, own } = opened;
    await enterAll(a, "room", ["ann"]);
    const page = valueOf(await keeper.broker.presence.members("room", { limit: 10 }));
    valueOf(await a.broker.presence.leave("room", "ann"));
    await told(keeper, 2);
    await raw.del(`${own}presence:info:room`);
    await enterAll(a, "room", ["bob"]);
    const event = await keeper.observer.presenceEvents.next();
    expect(event).toMatchObject({ notice: { version: { number: page.version.number + 2 } } });
    expect(event.kind === "notice" && judgeNotice(event.notice, page.version)).toBe("missed");
  });

  test("tells many large changes in several notices, each the next of the one before", async () => {
    await using opened = await openThree(redis.url, "large:");
    const { keeper, a } = opened;
    let { version } = valueOf(await keeper.broker.presence.members("room", { limit: 0 }));
    const ids = someIds(200);
    const info = JSON.stringify("x".repeat(1_000));
    await Promise.all(ids.map((id) => a.broker.presence.enter("room", someone(id, info))));
    const sizes: number[] = [];
    while (sizes.reduce((sum, size) => sum + size, 0) < ids.length) {
      const event = await keeper.observer.presenceEvents.next();
      if (event.kind !== "notice") throw new Error("a reset has come");
      expect(judgeNotice(event.notice, version)).toBe("next");
      ({ version } = event.notice);
      sizes.push(event.notice.changes.length);
    }
    expect(sizes).toHaveLength(4);
    expect(valueOf(await keeper.broker.presence.members("room", { limit: 0 })).version).toEqual(version);
  });
});

/** How often a command was called, by scripts too. */
function callsOf(stats: string, command: string): number {
  return Number(new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(stats)?.[1] ?? 0);
}
