import { randomBytes } from "node:crypto";
import { type RedisServer, startRedis, type V1Client } from "@tidewire/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { redisCli } from "./redis-cli.ts";
import { startOnRedis } from "./redis-gateway.ts";
import type { TestGateway } from "./test-gateway.ts";

let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis[Symbol.asyncDispose]());

/** A v1 client that is subscribed. */
async function subscribedTo(channel: string, gateway: TestGateway): Promise<V1Client> {
  const client = await gateway.connectV1();
  await client.request("subscribe", { channel });
  return client;
}

describe("two gateways on one Redis", () => {
  test("text sent at one arrives once at clients of both, byte for byte", async () => {
    await using left = await startOnRedis(redis.url);
    await using right = await startOnRedis(redis.url);
    await using alice = await left.connect();
    await using bob = await right.connect();
    const texts = ["hello", "grüße 🌊\u0000\u0001", randomBytes(20_000).toString("base64"), "last"];
    for (const text of texts) alice.send(text);
    expect(await alice.inbox.take(texts.length)).toEqual(texts);
    expect(await bob.inbox.take(texts.length)).toEqual(texts);
  });

  test("clients of both see the publications of both in one order", async () => {
    await using left = await startOnRedis(redis.url);
    await using right = await startOnRedis(redis.url);
    await using alice = await left.connect();
    await using bob = await right.connect();
    for (let index = 0; index < 500; index += 1) {
      alice.send(`alice ${index}`);
      bob.send(`bob ${index}`);
    }
    const [seenByAlice, seenByBob] = await Promise.all([alice.inbox.take(1_000), bob.inbox.take(1_000)]);
    expect(seenByAlice).toEqual(seenByBob);
    expect(seenByAlice.filter((text) => String(text).startsWith("bob"))).toHaveLength(500);
  });

  test("a client that subscribes and publishes at once hears itself", async () => {
    await using gateway = await startOnRedis(redis.url);
    await using alice = await gateway.connectV1();
    for (const channel of ["room:first", "room:second", "room:third"]) {
      const [subscribed, published] = [
        alice.request("subscribe", { channel }),
        alice.request("publish", { channel, data: channel }),
      ];
      expect(await subscribed).toMatchObject({ type: "subscribed" });
      expect(await alice.pushes.next()).toMatchObject({ type: "message", channel, data: channel });
      expect(await published).toMatchObject({ type: "published" });
    }
  });

  test("the same key through both goes out once, and both clients of v1 and plain ones get it", async () => {
    await using left = await startOnRedis(redis.url);
    await using right = await startOnRedis(redis.url);
    await using alice = await subscribedTo("room:key", left);
    await using bob = await subscribedTo("room:key", right);
    await using carol = await right.connect("?channel=room:key");
    const publication = { channel: "room:key", data: { text: "paid" }, key: "order-7" };
    const replies = await Promise.all([
      alice.request("publish", publication),
      bob.request("publish", publication),
    ]);
    expect(new Set(replies.map(({ duplicate }) => duplicate))).toEqual(new Set([false, true]));
    await alice.request("publish", { channel: "room:key", data: "sentinel" });
    for (const client of [alice, bob]) {
      const pushes = await client.pushes.take(2);
      expect(pushes.map(({ data }) => data)).toEqual([{ text: "paid" }, "sentinel"]);
    }
    expect(await carol.inbox.take(2)).toEqual(['{"text":"paid"}', "sentinel"]);
  });

  test("one who does not want its own messages back gets everybody else's, on every gateway", async () => {
    await using left = await startOnRedis(redis.url);
    await using right = await startOnRedis(redis.url);
    await using quiet = await left.connectV1();
    await quiet.request("subscribe", { channel: "room:echo", echo: false });
    await using other = await subscribedTo("room:echo", right);
    await quiet.request("publish", { channel: "room:echo", data: "mine" });
    await other.request("publish", { channel: "room:echo", data: "theirs" });
    expect(await quiet.pushes.next()).toMatchObject({ data: "theirs" });
    expect((await other.pushes.take(2)).map(({ data }) => data)).toEqual(["mine", "theirs"]);
  });

  test("redis-cli PUBLISH answers 2 and arrives at both as soon as both are open", async () => {
    await using left = await startOnRedis(redis.url);
    await using right = await startOnRedis(redis.url);
    await using alice = await left.connect("?channel=passive");
    await using bob = await right.connect("?channel=passive");
    expect(await redisCli(redis, "PUBLISH", "passive", "data from PHP")).toBe("2");
    expect([await alice.next(), await bob.next()]).toEqual(["data from PHP", "data from PHP"]);
  });

  test("a channel that nobody is in any more is given up", async () => {
    await using gateway = await startOnRedis(redis.url);
    const client = await gateway.connect("?channel=brief");
    expect(await redisCli(redis, "PUBSUB", "NUMSUB", "brief")).toBe("brief\n1");
    await client[Symbol.asyncDispose]();
    while ((await redisCli(redis, "PUBSUB", "NUMSUB", "brief")) !== "brief\n0");
  });
});

describe("when Redis goes away and comes back", () => {
  test("clients stay, readiness and new clients are refused meanwhile, and delivery goes on after", async () => {
    const first = await startRedis();
    await using gateway = await startOnRedis(first.url);
    await using client = await gateway.connect();
    await first[Symbol.asyncDispose]();
    await gateway.links.find(({ state }) => state === "down");

    expect((await fetch(`${gateway.url}readyz`)).status).toBe(503);
    expect((await fetch(`${gateway.url}healthz`)).status).toBe(200);
    expect(await gateway.refused("")).toMatchObject({
      status: 503,
      body: { error: { code: "unavailable" } },
    });
    const posted = await gateway.post({ channel: "channel", message: "x" });
    expect(posted).toMatchObject({ status: 503, body: { error: { code: "unavailable" } } });

    await using second = await startRedis({ port: first.port });
    await gateway.links.find(({ state }) => state === "up");
    expect((await fetch(`${gateway.url}readyz`)).status).toBe(200);
    expect(await redisCli(second, "PUBLISH", "channel", "back")).toBe("1");
    expect(await client.next()).toBe("back");
  });

  test("a client that sends meanwhile is told by a close that its text was not published", async () => {
    const server = await startRedis();
    await using gateway = await startOnRedis(server.url);
    await using client = await gateway.connect();
    await server[Symbol.asyncDispose]();
    await gateway.links.find(({ state }) => state === "down");
    client.send("lost");
    expect(await client.closed).toMatchObject({ code: 4002 });
  });
});
