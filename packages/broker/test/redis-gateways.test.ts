/** Leases and questions of several gateways on one Redis. */
import { type RedisServer, startRedis, TcpProxy } from "@tidewire/testkit";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { Answers } from "../src/index.ts";
import { holdTimers } from "./hold-timers.ts";
import { valueOf } from "./observer.ts";
import { openBroker, openRawClient, openReadyBroker, type Opened } from "./open-broker.ts";

let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis[Symbol.asyncDispose]());

const LONG_MS = 600_000;

/** Who holds a lease, as the one sees it who renews its own. */
async function renew({ broker }: Opened, gateway: string, forMs = LONG_MS) {
  return valueOf(await broker.renewLease({ gateway, version: "1", ageMs: 1_000, forMs }));
}

async function peersOf(opened: Opened, gateway: string): Promise<string[]> {
  const { peers } = await renew(opened, gateway);
  return peers.map((peer) => peer.gateway).toSorted((a, b) => a.localeCompare(b));
}

/**
 * Asks all, and ends the time for answers once `a` has answered a later question: by then all have answered that can.
 */
async function askUntilAnswered({ broker }: Opened): Promise<Answers> {
  using waits = holdTimers(LONG_MS);
  const asking = broker.ask({ text: "?", waitMs: LONG_MS });
  const later = valueOf(await broker.ask({ text: "later", gateway: "a", waitMs: LONG_MS }));
  expect(later.missing).toEqual([]);
  waits.end();
  return valueOf(await asking);
}

describe("leases on one Redis", () => {
  test("are seen by all, each with a number of its own, until they are given up", async () => {
    await using here = await openReadyBroker(redis.url, "seen:");
    await using there = await openReadyBroker(redis.url, "seen:");
    await using elsewhere = await openReadyBroker(redis.url, "other:");
    await renew(here, "a");
    const { peers } = await renew(there, "b");
    expect(peers.map(({ gateway }) => gateway)).toEqual(expect.arrayContaining(["a", "b"]));
    expect(new Set(peers.map(({ incarnation }) => incarnation)).size).toBe(2);
    expect(await peersOf(elsewhere, "c")).toEqual(["c"]);
    await there.broker.endLease();
    expect(await peersOf(here, "a")).toEqual(["a"]);
  });

  test("of a gateway that ended without goodbye are over after their time", async () => {
    await using here = await openReadyBroker(redis.url, "dead:");
    const there = await openReadyBroker(redis.url, "dead:");
    expect(await peersOf(there, "b")).toEqual(["b"]);
    expect(await peersOf(here, "a")).toEqual(["a", "b"]);
    await renew(there, "b", 1_000);
    await there.broker.close();
    await expect.poll(() => peersOf(here, "a")).toEqual(["a"]);
  });

  test("go by the clock of Redis: since when a gateway runs is told in its time", async () => {
    await using opened = await openReadyBroker(redis.url, "clock:");
    await using raw = openRawClient(redis.url);
    const secondsBefore = Number(((await raw.time()) as unknown as [string])[0]);
    vi.useFakeTimers({ now: 0, toFake: ["Date"] });
    const { peers, incarnation } = await renew(opened, "a");
    vi.useRealTimers();
    const secondsAfter = Number(((await raw.time()) as unknown as [string])[0]) + 1;
    expect(peers[0]?.sinceMs).toBeGreaterThanOrEqual(secondsBefore * 1_000 - 1_000);
    expect(peers[0]?.sinceMs).toBeLessThanOrEqual(secondsAfter * 1_000 - 1_000);
    expect(incarnation).toBeGreaterThanOrEqual(secondsBefore * 1_000);
  });

  test("that were renewed after the clock of Redis was set back are void, as is what can't be read", async () => {
    await using opened = await openReadyBroker(redis.url, "past:");
    await using raw = openRawClient(redis.url);
    const [seconds] = (await raw.time()) as unknown as [string];
    const future = Number(seconds) * 1_000 + 3_600_000;
    await raw.hset("past:tidewire:leases", { b: `${future} 15000 0 1 1`, c: "nonsense" });
    expect(await peersOf(opened, "a")).toEqual(["a"]);
    expect(await raw.hkeys("past:tidewire:leases")).toEqual(["a"]);
    await opened.broker.endLease();
    await raw.set("past:tidewire:incarnation", future);
    expect((await renew(opened, "a")).incarnation).toBe(future + 1);
  });

  test("are taken anew under a higher number when Redis has lost everything", async () => {
    await using opened = await openReadyBroker(redis.url, "lost:");
    await using raw = openRawClient(redis.url);
    const before = await renew(opened, "a");
    const renewAfterLoss = async () => {
      await raw.del("lost:tidewire:leases", "lost:tidewire:incarnation");
      const { isTaken, incarnation } = await renew(opened, "a");
      return { isTaken, isHigher: incarnation > before.incarnation };
    };
    // Numbers come from the clock: not before the next millisecond.
    await expect.poll(renewAfterLoss).toEqual({ isTaken: true, isHigher: true });
  });

  test("leave no list behind when all are over", async () => {
    await using opened = await openReadyBroker(redis.url, "over:");
    await using raw = openRawClient(redis.url);
    await renew(opened, "a", 10);
    await expect.poll(() => raw.exists("over:tidewire:leases")).toBe(0);
  });

  test("can't be renewed while the link is lost, and can afterwards", async () => {
    await using proxy = await TcpProxy.start(redis.port);
    await using opened = openBroker(`redis://127.0.0.1:${proxy.port}`, "link:");
    const { broker, observer } = opened;
    await observer.untilLink(broker, "up");
    const before = await renew(opened, "a");
    proxy.set({ isRefusing: true });
    proxy.reset();
    await observer.untilLink(broker, "down");
    const lease = { gateway: "a", version: "1", ageMs: 0, forMs: LONG_MS };
    expect(await broker.renewLease(lease)).toMatchObject({ error: { code: "unavailable" } });
    expect(await broker.ask({ text: "?", waitMs: 1 })).toMatchObject({ error: { code: "unavailable" } });
    proxy.set({});
    await observer.untilLink(broker, "up");
    expect(await renew(opened, "a")).toEqual({ ...before, isTaken: false });
    const { missing } = valueOf(await broker.ask({ text: "?", waitMs: LONG_MS }));
    expect(missing).toEqual([]);
  });
});

describe("a question to gateways on one Redis", () => {
  test("is answered by each that holds a lease, once, and by nobody else", async () => {
    await using here = await openReadyBroker(redis.url, "ask:");
    await using there = await openReadyBroker(redis.url, "ask:");
    await using stranger = await openReadyBroker(redis.url, "ask:");
    await renew(here, "a");
    await renew(there, "b");
    here.observer.answer = () => "1";
    there.observer.answer = () => "2";
    const { answers, missing } = valueOf(await here.broker.ask({ text: "how many?", waitMs: LONG_MS }));
    expect(new Map(answers.map(({ gateway, text }) => [gateway, text]))).toEqual(
      new Map([
        ["a", "1"],
        ["b", "2"],
      ]),
    );
    expect(missing).toEqual([]);
    expect(stranger.observer.questions).toEqual([]);
    const one = valueOf(await stranger.broker.ask({ text: "you?", gateway: "b", waitMs: LONG_MS }));
    expect(one).toEqual({ answers: [{ gateway: "b", text: "2" }], missing: [] });
    expect(here.observer.questions).toEqual(["how many?"]);
  });

  test("names those that are dead, and has the answers of the others", async () => {
    await using here = await openReadyBroker(redis.url, "missing:");
    const dead = await openReadyBroker(redis.url, "missing:");
    await renew(here, "a");
    await renew(dead, "b");
    await dead.broker.close();
    expect(await askUntilAnswered(here)).toEqual({
      answers: [{ gateway: "a", text: "heard: ?" }],
      missing: ["b"],
    });
  });

  test("takes no answer that is late, was asked by another, or is no answer", async () => {
    await using here = await openReadyBroker(redis.url, "stray:");
    await using raw = openRawClient(redis.url);
    await renew(here, "a");
    const [name = ""] = (await raw.call("PUBSUB", "CHANNELS", "stray:tidewire:answer:*")) as string[];
    let number = 0;
    const sent: Promise<number>[] = [];
    here.observer.answer = (question) => {
      number += 1;
      const strays = [`${number} stranger\nnot asked`, "0 a\nlate", "99 a\nearly", "nonsense", ""];
      sent.push(...strays.map((stray) => raw.publish(name, stray)));
      return question;
    };
    for (const text of ["one", "two"]) {
      const { answers } = valueOf(await here.broker.ask({ text, waitMs: LONG_MS }));
      expect(answers).toEqual([{ gateway: "a", text }]);
    }
    await raw.publish("stray:tidewire:question", "nonsense");
    expect(valueOf(await here.broker.ask({ text: "three", waitMs: LONG_MS })).missing).toEqual([]);
    expect(new Set(await Promise.all(sent))).toEqual(new Set([1]));
  });

  test("settles with closed when its broker is closed meanwhile", async () => {
    await using here = await openReadyBroker(redis.url, "closing:");
    await renew(here, "a");
    const isAsked = new Promise<void>((resolve) => {
      here.observer.answer = () => {
        resolve();
        return undefined;
      };
    });
    const asking = here.broker.ask({ text: "?", waitMs: LONG_MS });
    await isAsked;
    await here.broker.close();
    expect(await asking).toMatchObject({ error: { code: "closed" } });
  });

  test("does not reach a gateway that was cut off, which is missing until it is back", async () => {
    await using proxy = await TcpProxy.start(redis.port);
    await using here = await openReadyBroker(redis.url, "cut:");
    await using there = openBroker(`redis://127.0.0.1:${proxy.port}`, "cut:");
    await there.observer.untilLink(there.broker, "up");
    await renew(here, "a");
    await renew(there, "b");
    proxy.set({ isRefusing: true });
    proxy.reset();
    await there.observer.untilLink(there.broker, "down");
    expect((await askUntilAnswered(here)).missing).toEqual(["b"]);
    proxy.set({});
    await there.observer.untilLink(there.broker, "up");
    expect(valueOf(await here.broker.ask({ text: "?", waitMs: LONG_MS })).missing).toEqual([]);
  });
});
