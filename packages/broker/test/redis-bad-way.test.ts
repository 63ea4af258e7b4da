/** One broker on a Redis that it reaches badly, or that is not what it was. */
import { type RedisServer, startRedis, TcpProxy } from "@tidewire/testkit";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { success } from "../src/broker.ts";
import type { Result } from "../src/index.ts";
import { text } from "./observer.ts";
import { openBroker, openRawClient, openReadyBroker, type Opened } from "./open-broker.ts";

let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis[Symbol.asyncDispose]());

/**
 * How many receive it when it is published while the link is up, and as soon as that is so. A link that gives up after a
 * second may do so at any time on a busy machine: what comes of a publication meanwhile does not count.
 */
async function receiversWhileUp(
  { broker, observer }: Opened,
  publish: () => Promise<Result<number>>,
): Promise<number> {
  const changes = vi.spyOn(observer.links, "push");
  for (;;) {
    await observer.untilLink(broker, "up");
    const before = changes.mock.calls.length;
    const result = await publish();
    const wasUp = broker.link.state === "up" && changes.mock.calls.length === before;
    if (result.ok && wasUp) return result.value;
  }
}

function isSubscribe(piece: Buffer): boolean {
  return piece.includes("\r\nsubscribe\r\n");
}

describe("when the way to Redis is bad", () => {
  test.each(["tidewire-subscriber", "tidewire-publisher"])(
    "a dead link of %s alone is noticed, cut and opened anew",
    async (name) => {
      await using proxy = await TcpProxy.start(redis.port);
      await using opened = openBroker(`redis://127.0.0.1:${proxy.port}`, `${name}:`, {
        commandTimeoutMs: 1_000,
        checkIntervalMs: 10,
      });
      const { broker, observer } = opened;
      await observer.untilLink(broker, "up");
      await broker.subscribe("news");
      proxy.set({ blackhole: ["up", "down"], only: name });
      expect(await observer.untilLink(broker, "down")).toMatchObject({
        reason: expect.stringContaining("it does not answer"),
      });
      proxy.set({});
      await observer.untilLink(broker, "up");
      expect(await receiversWhileUp(opened, () => broker.publish("news", text("healed")))).toBe(1);
      expect(await observer.text()).toBe("healed");
    },
  );

  test("a link that is cut again and again parks nothing and leaks nothing", async () => {
    await using proxy = await TcpProxy.start(redis.port);
    await using opened = openBroker(`redis://127.0.0.1:${proxy.port}`, "flapping:");
    const { broker, observer } = opened;
    await observer.untilLink(broker, "up");
    await broker.subscribe("news");
    for (let round = 0; round < 20; round += 1) {
      proxy.reset();
      await observer.links.find(({ state }) => state === "down");
      await observer.links.find(({ state }) => state === "up");
      expect(await broker.publish("news", text(`round ${round}`))).toEqual({ ok: true, value: 1 });
      expect(await observer.text()).toBe(`round ${round}`);
    }
    await expect.poll(() => proxy.connections).toBe(2);
  });

  test("connections that lead to two servers count as down, until they lead to one", async () => {
    await using first = await startRedis();
    await using second = await startRedis();
    await using proxy = await TcpProxy.start(first.port);
    await using opened = openBroker(`redis://127.0.0.1:${proxy.port}`, "", {
      commandTimeoutMs: 1_000,
      checkIntervalMs: 10,
    });
    const { broker, observer } = opened;
    await observer.untilLink(broker, "up");
    await broker.subscribe("news");
    // The name moves, and only the publisher notices.
    proxy.moveTo(second.port);
    proxy.reset("tidewire-publisher");
    await observer.links.find(({ state }) => state === "down");
    await observer.links.find(({ state }) => state === "up");
    await using raw = openRawClient(second.url);
    const publishBeside = async () => success(await raw.publish("news", "on the second"));
    expect(await receiversWhileUp(opened, publishBeside)).toBe(1);
    expect(await observer.text()).toBe("on the second");
    expect(await receiversWhileUp(opened, () => broker.publish("news", text("there too")))).toBe(1);
    await observer.deliveries.find(({ publication }) => publication.payload.toString() === "there too");
  });

  test("a primary that becomes a replica is noticed while the connection stands", async () => {
    await using primary = await startRedis();
    await using other = await startRedis();
    await using admin = openRawClient(primary.url);
    await using opened = openBroker(primary.url, "", { checkIntervalMs: 10 });
    const { broker, observer } = opened;
    await observer.untilLink(broker, "up");
    await admin.call("REPLICAOF", "127.0.0.1", String(other.port));
    expect(await observer.untilLink(broker, "down")).toMatchObject({
      reason: expect.stringContaining("read-only replica"),
    });
    await admin.call("REPLICAOF", "NO", "ONE");
    await observer.untilLink(broker, "up");
  });

  test("a subscription that is not answered breaks the link, and settles over the next one", async () => {
    await using proxy = await TcpProxy.start(redis.port);
    await using opened = openBroker(`redis://127.0.0.1:${proxy.port}`, "lossy:", { commandTimeoutMs: 1_000 });
    const { broker, observer } = opened;
    await observer.untilLink(broker, "up");
    proxy.set({ drops: isSubscribe });
    const joined = broker.subscribe("news");
    await observer.untilLink(broker, "down");
    proxy.set({});
    expect(await joined).toEqual({ ok: true, value: undefined });
    await observer.untilLink(broker, "up");
    expect(await receiversWhileUp(opened, () => broker.publish("news", text("after all")))).toBe(1);
    expect(await observer.text()).toBe("after all");
  });

  test("the link does not count as up before every channel is subscribed again", async () => {
    await using proxy = await TcpProxy.start(redis.port);
    await using opened = openBroker(`redis://127.0.0.1:${proxy.port}`, "again:", { commandTimeoutMs: 1_000 });
    const { broker, observer } = opened;
    await observer.untilLink(broker, "up");
    await broker.subscribe("news");
    let swallowed = 0;
    const drops = (piece: Buffer) => isSubscribe(piece) && (swallowed += 1) <= 2;
    proxy.set({ drops });
    proxy.reset();
    await observer.untilLink(broker, "down");
    await observer.untilLink(broker, "up");
    // The two that were swallowed, and one that was not.
    expect(swallowed).toBeGreaterThanOrEqual(3);
    expect(await receiversWhileUp(opened, () => broker.publish("news", text("heard")))).toBe(1);
    expect(await observer.text()).toBe("heard");
  });

  test("a publication whose confirmation is lost is unconfirmed, and not repeated", async () => {
    await using proxy = await TcpProxy.start(redis.port);
    await using opened = await openReadyBroker(`redis://127.0.0.1:${proxy.port}`, "once:");
    await using listener = await openReadyBroker(redis.url, "once:");
    await listener.broker.subscribe("news");
    proxy.set({ blackhole: ["down"] });
    const publishing = opened.broker.publish("news", text("sent"));
    expect(await listener.observer.text()).toBe("sent");
    proxy.set({});
    proxy.reset();
    expect(await publishing).toMatchObject({ error: { code: "unconfirmed" } });
    await opened.observer.untilLink(opened.broker, "up");
    await opened.broker.publish("news", text("sentinel"));
    expect(await listener.observer.text()).toBe("sentinel");
  });
});
