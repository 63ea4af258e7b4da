import { setImmediate as turn } from "node:timers/promises";
import { holdPort, Inbox, type RedisServer, startRedis, TcpProxy } from "@tidewire/testkit";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { createRedisBroker } from "../src/index.ts";
import { brokerContract } from "./contract.ts";
import { text, valueOf } from "./observer.ts";
import { openBroker, openRawClient, openReadyBroker, PATIENT, targetOf } from "./open-broker.ts";

let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis[Symbol.asyncDispose]());

/** Does it again and again until told to stop; all else goes on, also where it is refused at once. */
async function repeat(action: () => Promise<unknown>, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await action();
    await turn();
  }
}

describe("the Redis broker keeps the contract", () => {
  let round = 0;
  brokerContract((handlers) => {
    round += 1;
    const prefix = `contract-${round}:`;
    return createRedisBroker({ target: targetOf(redis.url), prefix, ...PATIENT }, handlers);
  });
});

describe("on one Redis", () => {
  test("a publication of one broker reaches another, once", async () => {
    await using here = await openReadyBroker(redis.url, "pair:");
    await using there = await openReadyBroker(redis.url, "pair:");
    await Promise.all([here.broker.subscribe("news"), there.broker.subscribe("news")]);
    expect(await here.broker.publish("news", text("first"))).toEqual({ ok: true, value: 2 });
    await here.broker.publish("news", text("second"));
    for (const { observer } of [here, there]) {
      expect([await observer.text(), await observer.text()]).toEqual(["first", "second"]);
    }
  });

  test("brokers with different prefixes do not hear each other", async () => {
    await using here = await openReadyBroker(redis.url, "a:");
    await using there = await openReadyBroker(redis.url, "b:");
    await Promise.all([here.broker.subscribe("news"), there.broker.subscribe("news")]);
    expect(await here.broker.publish("news", text("for a"))).toEqual({ ok: true, value: 1 });
    await there.broker.publish("news", text("sentinel"));
    expect(await there.observer.text()).toBe("sentinel");
    expect(await here.observer.text()).toBe("for a");
  });

  test("a raw PUBLISH arrives as it is", async () => {
    await using opened = await openReadyBroker(redis.url, "raw:");
    await using raw = openRawClient(redis.url);
    await opened.broker.subscribe("news");
    expect(await raw.publish("raw:news", "data from PHP")).toBe(1);
    expect(await opened.observer.deliveries.next()).toEqual({
      channel: "news",
      publication: text("data from PHP"),
    });
  });

  test("a program that subscribes the channel by itself sees the payload bare", async () => {
    await using opened = await openReadyBroker(redis.url, "bare:");
    await using raw = openRawClient(redis.url);
    await raw.subscribe("bare:news");
    const seen = new Promise<Buffer>((resolve) =>
      raw.once("messageBuffer", (_channel, bytes) => resolve(bytes)),
    );
    await opened.broker.publish("news", text("plain text"));
    expect((await seen).toString()).toBe("plain text");
  });

  test("a thousand subscriptions of one turn cost Redis one command", async () => {
    await using opened = await openReadyBroker(redis.url, "batch:");
    await using raw = openRawClient(redis.url);
    await raw.config("RESETSTAT");
    const channels = Array.from({ length: 1_000 }, (_, index) => `room:${index}`);
    await Promise.all(channels.map((channel) => opened.broker.subscribe(channel)));
    for (const channel of channels) opened.broker.unsubscribe(channel);
    await opened.broker.subscribe("sentinel");
    const stats = await raw.info("commandstats");
    expect(stats).toMatch(/cmdstat_subscribe:calls=2,/);
    expect(stats).toMatch(/cmdstat_unsubscribe:calls=1,/);
  });
});

describe("a notice", () => {
  test("reaches every broker, also one that comes later, until its time is over", async () => {
    await using here = await openReadyBroker(redis.url, "notice:");
    await using there = await openReadyBroker(redis.url, "notice:");
    await here.broker.post({ text: "kept", forMs: 60_000 });
    for (const { observer } of [here, there]) expect(await observer.notices.next()).toBe("kept");
    await here.broker.post({ text: "short", forMs: 1 });
    expect(await there.observer.notices.next()).toBe("short");
    await here.broker.post({ text: "last", forMs: 60_000 });
    await using late = await openReadyBroker(redis.url, "notice:");
    const told = await late.observer.notices.take(2);
    expect(told.toSorted((a, b) => a.localeCompare(b))).toEqual(["kept", "last"]);
  });

  test.each(["tidewire-subscriber", "tidewire"])(
    "that was posted while the way of %s was broken comes before anything that is delivered after",
    async (only) => {
      await using proxy = await TcpProxy.start(redis.port);
      const prefix = `before-${only}:`;
      await using away = openBroker(`redis://127.0.0.1:${proxy.port}`, prefix, {
        commandTimeoutMs: 1_000,
        checkIntervalMs: 100,
      });
      const { broker, observer } = away;
      await observer.untilLink(broker, "up");
      await broker.subscribe("news");
      const events = new Inbox<string>();
      vi.spyOn(observer.notices, "push").mockImplementation((notice) => events.push(`notice ${notice}`));
      vi.spyOn(observer.deliveries, "push").mockImplementation(({ publication }) =>
        events.push(publication.payload.toString()),
      );
      await using here = await openReadyBroker(redis.url, prefix);
      proxy.set({ blackhole: ["up", "down"], only });
      await observer.untilLink(broker, "down");
      await here.broker.post({ text: "revoked", forMs: 60_000 });
      // Published all the time, so that some arrive as soon as the way is free.
      const over = new AbortController();
      const publishing = repeat(() => here.broker.publish("news", text("after")), over.signal);
      proxy.set({});
      expect(await events.next()).toBe("notice revoked");
      expect(await events.find((event) => event === "after")).toBe("after");
      over.abort();
      await publishing;
    },
  );
});

describe("when Redis is killed and started again", () => {
  test("publishing fails with a reason, waiting subscriptions settle, and the old ones deliver", async () => {
    const first = await startRedis();
    await using opened = await openReadyBroker(first.url);
    const { broker, observer } = opened;
    await broker.subscribe("old");
    await first[Symbol.asyncDispose]();

    expect(await observer.untilLink(broker, "down")).toMatchObject({
      reason: expect.stringContaining(first.url),
    });
    expect(await broker.publish("old", text("lost"))).toMatchObject({ error: { code: "unavailable" } });
    const waiting = broker.subscribe("new");

    await using second = await startRedis({ port: first.port });
    await observer.untilLink(broker, "up");
    expect(second.url).toBe(broker.description);
    expect(await waiting).toEqual({ ok: true, value: undefined });
    expect(await broker.publish("old", text("to the old one"))).toEqual({ ok: true, value: 1 });
    expect(await broker.publish("new", text("to the new one"))).toEqual({ ok: true, value: 1 });
    expect([await observer.text(), await observer.text()]).toEqual(["to the old one", "to the new one"]);
  });

  test("a subscription that still waits when the broker is closed settles with closed", async () => {
    await using nobody = await holdPort();
    const { broker, observer } = openBroker(`redis://127.0.0.1:${nobody.port}`);
    await observer.links.find(
      (link) => link.state === "down" && link.reason.includes("nothing listens there"),
    );
    const waiting = broker.subscribe("news");
    await broker.close();
    expect(await waiting).toMatchObject({ error: { code: "closed" } });
  });
});

describe("ticks of several brokers", () => {
  test("go on after the clock of Redis was set back: a claim from the future is void", async () => {
    await using opened = await openReadyBroker(redis.url, "past:");
    await using raw = openRawClient(redis.url);
    const everyMs = 3_600_000;
    const [seconds] = (await raw.time()) as unknown as [string];
    const dueMs = Number(seconds) * 1_000;
    await raw.set("past:tidewire:timer:t", String(dueMs + everyMs));
    const tick = { timer: "t", channel: "news", publication: text("tick"), dueMs, everyMs };
    expect(await opened.broker.tick(tick)).toMatchObject({ value: { isPublished: true } });
    expect(await raw.pttl("past:tidewire:timer:t")).toBeGreaterThan(everyMs);
  });

  test("are published once each, though all ask for all of them", async () => {
    await using here = await openReadyBroker(redis.url, "ticks:");
    await using there = await openReadyBroker(redis.url, "ticks:");
    await here.broker.subscribe("news");
    const tick = {
      timer: "t",
      channel: "news",
      publication: text("tick"),
      dueMs: 0,
      everyMs: 3_600_000,
    };
    const { nowMs: dueMs } = valueOf(await here.broker.tick(tick));
    const results = await Promise.all(
      [here, there, here, there].map(({ broker }) => broker.tick({ ...tick, dueMs })),
    );
    expect(results.filter((result) => result.ok && result.value.isPublished)).toHaveLength(1);
    await there.broker.publish("news", text("sentinel"));
    expect([await here.observer.text(), await here.observer.text()]).toEqual(["tick", "sentinel"]);
  });
});
