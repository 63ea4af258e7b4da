/** Tailed channels: what any program appends comes at once. Nothing else would find it while a test runs. */
import { type RedisServer, startRedis, TcpProxy } from "@tidewire/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openBroker, openRawClient, openReadyBroker } from "./open-broker.ts";
import { appendAll, NOT_TAILED, SELDOM } from "./stream-helpers.ts";

let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis[Symbol.asyncDispose]());

const TAILED = { isTailed: true };
/** No round ends by itself while a test runs. */
const PATIENT = { commandTimeoutMs: 600_000, streams: SELDOM };

function tails(raw: ReturnType<typeof openRawClient>): Promise<string[]> {
  return (raw.client("LIST") as Promise<string>).then((list) =>
    list.split("\n").filter((line) => line.includes("name=tidewire-tail")),
  );
}

function idOf(lines: readonly string[]): string | undefined {
  return /^id=(\d+)/.exec(lines.at(-1) ?? "")?.[1];
}

describe("a tailed channel", () => {
  test("brings what other programs append, once, whether the bell was rung or not", async () => {
    await using opened = await openReadyBroker(redis.url, "tail:", PATIENT);
    await using raw = openRawClient(redis.url);
    const { broker, observer } = opened;
    await broker.streams.follow("s", TAILED);
    const sent: string[] = [];
    const told: string[] = [];
    for (let round = 0; round < 100; round += 1) {
      const data = `${round}`;
      sent.push(data);
      if (round % 2 === 0) await raw.xadd("tail:s", "*", "a", data);
      else await appendAll(broker.streams, "s", [data]);
      // The follower is mostly at the end, and sometimes behind.
      if (round % 5 === 0) told.push(...(await observer.told(sent.length - told.length)));
    }
    told.push(...(await observer.told(sent.length - told.length)));
    expect(told).toEqual(sent);
  });

  test("may come and go while a round waits, among others", async () => {
    await using opened = await openReadyBroker(redis.url, "change:", PATIENT);
    await using raw = openRawClient(redis.url);
    const { broker, observer } = opened;
    for (let index = 0; index < 30; index += 1) {
      await broker.streams.follow(`s${index}`, TAILED);
      await raw.xadd(`change:s${index}`, "*", "a", `first of ${index}`);
      expect(await observer.told()).toEqual([`first of ${index}`]);
      await raw.xadd("change:s0", "*", "a", "and of the first");
      expect(await observer.told()).toEqual(["and of the first"]);
      if (index % 2 === 1) broker.streams.unfollow(`s${index}`);
    }
    await raw.xadd("change:s1", "*", "a", "not followed");
    await raw.xadd("change:s2", "*", "a", "sentinel");
    expect(await observer.told()).toEqual(["sentinel"]);
    expect(await tails(raw)).toHaveLength(1);
  });

  test("costs a connection only where there is one", async () => {
    await using server = await startRedis();
    await using opened = await openReadyBroker(server.url, "", PATIENT);
    await using raw = openRawClient(server.url);
    await opened.broker.streams.follow("s", NOT_TAILED);
    expect(await tails(raw)).toHaveLength(0);
    await opened.broker.streams.follow("s", TAILED);
    await raw.xadd("s", "*", "a", "1");
    expect(await opened.observer.told()).toEqual(["1"]);
    expect(await tails(raw)).toHaveLength(1);
  });

  test("that becomes something else does not stop the others", async () => {
    await using opened = await openReadyBroker(redis.url, "types:", PATIENT);
    await using raw = openRawClient(redis.url);
    const { broker, observer } = opened;
    for (const channel of ["bad", "good"]) await broker.streams.follow(channel, TAILED);
    await raw.set("types:bad", "text");
    await raw.xadd("types:good", "*", "a", "1");
    expect(await observer.told()).toEqual(["1"]);
    await raw.xadd("types:good", "*", "a", "2");
    expect(await observer.told()).toEqual(["2"]);
    expect(await observer.refusals.next()).toMatchObject({ channel: "bad", error: { code: "refused" } });
  });

  test("is brought by the next round to a user who may not end one", async () => {
    await using server = await startRedis();
    await using raw = openRawClient(server.url);
    await raw.call(
      "ACL",
      "SETUSER",
      "gate",
      "on",
      ">pass",
      "~*",
      "&*",
      "+@all",
      "-client|unblock",
      "-client|id",
    );
    const url = server.url.replace("//", "//gate:pass@");
    await using opened = await openReadyBroker(url, "", { commandTimeoutMs: 1_000, streams: SELDOM });
    const { broker, observer } = opened;
    for (const channel of ["one", "two"]) await broker.streams.follow(channel, TAILED);
    for (const channel of ["two", "one", "two"]) {
      await raw.xadd(channel, "*", "a", channel);
      expect(await observer.told()).toEqual([channel]);
    }
  });

  test("is brought again after a silence on the tail's own connection, which is opened anew", async () => {
    await using proxy = await TcpProxy.start(redis.port);
    await using opened = openBroker(`redis://127.0.0.1:${proxy.port}`, "dead:", {
      commandTimeoutMs: 1_000,
      streams: SELDOM,
    });
    await using raw = openRawClient(redis.url);
    const { broker, observer } = opened;
    await observer.untilLink(broker, "up");
    await broker.streams.follow("s", TAILED);
    await raw.xadd("dead:s", "*", "a", "1");
    expect(await observer.told()).toEqual(["1"]);
    const before = (await tails(raw)).length;
    const id = idOf(await tails(raw));
    proxy.set({ blackhole: ["up", "down"], only: "tidewire-tail" });
    await raw.xadd("dead:s", "*", "a", "2");
    const { connections } = proxy;
    await expect.poll(() => proxy.connections).toBeGreaterThan(connections);
    proxy.set({});
    expect(await observer.told()).toEqual(["2"]);
    await raw.xadd("dead:s", "*", "a", "3");
    expect(await observer.told()).toEqual(["3"]);
    await expect.poll(async () => idOf(await tails(raw))).not.toBe(id);
    await expect.poll(async () => (await tails(raw)).length).toBe(before);
    await expect.poll(() => broker.link).toEqual({ state: "up" });
  });
});
