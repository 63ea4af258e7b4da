import {
  type Broker,
  type BrokerHandlers,
  createMemoryBroker,
  type Link,
  type Result,
} from "@tidewire/broker";
import { CLOSE_CODES } from "@tidewire/protocol";
import { connectV1 } from "@tidewire/testkit";
import { describe, expect, test } from "vitest";
import type { Config } from "../src/config.ts";
import type { Limits } from "../src/limits.ts";
import { startTestGateway, type TestGateway, testConfig } from "./test-gateway.ts";

function startWith(limits: Partial<Limits>, channels: Config["channels"] = {}): Promise<TestGateway> {
  return startTestGateway({ config: { channels, limits: { ...testConfig().limits, ...limits } } });
}

/** A gateway whose broker does what the test says. */
async function startOn(change: (broker: Broker) => Partial<Broker>) {
  let handlers: BrokerHandlers | undefined;
  const gateway = await startTestGateway({
    config: { limits: { ...testConfig().limits, lingerMs: 0 } },
    createBroker: (given) => {
      handlers = given;
      const broker = createMemoryBroker(given);
      return { ...broker, ...change(broker) };
    },
  });
  return { gateway, tell: handlers as BrokerHandlers, [Symbol.asyncDispose]: () => gateway.drain() };
}

function failure(code: "unavailable" | "unconfirmed" | "refused"): Result<never> {
  return { ok: false, error: { code, message: "as the test says" } };
}

describe("a v1 session", () => {
  test("introduces itself, and no two connections have the same name", async () => {
    await using gateway = await startTestGateway();
    await using one = await connectV1(gateway.webSocketUrl);
    await using two = await connectV1(gateway.webSocketUrl);
    const [first, second] = [await one.request("connect"), await two.request("connect")];
    expect(first).toMatchObject({
      type: "connected",
      maxMessageBytes: 65_536,
      maxFrameBytes: 524_288,
      heartbeatIntervalMs: 25_000,
      idempotencyWindowMs: 300_000,
    });
    expect(first["gateway"]).toBe(second["gateway"]);
    expect(first["connection"]).not.toBe(second["connection"]);
  });

  test("answers everything that one frame asks in one frame", async () => {
    await using gateway = await startTestGateway();
    await using client = await gateway.connectV1();
    await client.frames.next();
    const ids = [101, 102, 103];
    client.send(...ids.map((id) => ({ type: "ping", id })));
    const frame = await client.frames.next();
    expect(frame.split("\n").map((line) => (JSON.parse(line) as { id: number }).id)).toEqual(ids);
  });

  test("has all messages of a turn in one frame", async () => {
    await using gateway = await startTestGateway();
    await using reader = await gateway.connectV1();
    await reader.request("subscribe", { channel: "c" });
    await using writer = await gateway.connectV1();
    const sent = Array.from({ length: 10 }, (_, index) => index);
    writer.send(...sent.map((data) => ({ type: "publish", id: data + 100, channel: "c", data })));
    await reader.frames.take(2);
    const lines = (await reader.frames.next())
      .split("\n")
      .map((line) => JSON.parse(line) as { data: number });
    expect(lines.map(({ data }) => data)).toEqual(sent);
  });

  test("publishes in the order in which it was asked, with keys and without", async () => {
    await using gateway = await startTestGateway();
    await using client = await gateway.connectV1();
    await client.request("subscribe", { channel: "c" });
    const sent = Array.from({ length: 300 }, (_, index) => index);
    for (const data of sent) {
      void client.request("publish", { channel: "c", data, ...(data % 3 === 0 && { key: `k${data}` }) });
    }
    const arrived = await client.pushes.take(sent.length);
    expect(arrived.map((message) => message["data"])).toEqual(sent);
  });

  test("keeps a number that JavaScript can't hold", async () => {
    await using gateway = await startTestGateway();
    await using client = await gateway.connectV1();
    await client.request("subscribe", { channel: "c" });
    await using plain = await gateway.connect("?channel=c");
    client.send('{"type":"publish","id":50,"channel":"c","data":{"n":12345678901234567890,"x":1.10}}');
    expect(await plain.next()).toBe('{"n":12345678901234567890,"x":1.10}');
  });

  test("leaves nothing behind: after unsubscribing and after closing nobody holds the channel", async () => {
    const unsubscribed: string[] = [];
    await using started = await startOn((broker) => ({
      unsubscribe: (channel) => {
        unsubscribed.push(channel);
        broker.unsubscribe(channel);
      },
    }));
    const client = await started.gateway.connectV1();
    await client.request("subscribe", { channel: "a" });
    await client.request("subscribe", { channel: "b" });
    await client.request("unsubscribe", { channel: "a" });
    await client[Symbol.asyncDispose]();
    await expect.poll(() => unsubscribed.toSorted()).toEqual(["a", "b"]);
    expect(await metric(started.gateway, "tidewire_channels")).toBe(0);
  });

  test("a subscription that the broker confirms after the client has left is given back", async () => {
    const confirm = Promise.withResolvers<void>();
    const held = Promise.withResolvers<void>();
    await using started = await startOn((broker) => ({
      async subscribe(channel) {
        held.resolve();
        await confirm.promise;
        return broker.subscribe(channel);
      },
    }));
    const client = await started.gateway.connectV1();
    void client.request("subscribe", { channel: "c" });
    await held.promise;
    await client[Symbol.asyncDispose]();
    await expect.poll(() => metric(started.gateway, "tidewire_connections")).toBe(0);
    confirm.resolve();
    await using other = await started.gateway.connectV1();
    expect(await other.request("ping")).toMatchObject({ type: "pong" });
    expect(await metric(started.gateway, "tidewire_channels")).toBe(0);
  });

  test("tells an operator's rule by its pattern, the most exact first", async () => {
    const open = { subscribe: "anyone", publish: "anyone", echo: true, presence: false } as const;
    await using gateway = await startWith(
      {},
      { "room:*": { ...open, publish: "nobody" }, "room:7": open, "*": { ...open, subscribe: "nobody" } },
    );
    await using client = await gateway.connectV1();
    const codes = await Promise.all(
      [
        client.request("publish", { channel: "room:1", data: 1 }),
        client.request("publish", { channel: "room:7", data: 1 }),
        client.request("subscribe", { channel: "hall" }),
      ].map(async (reply) => (await reply)["code"]),
    );
    expect(codes).toEqual(["forbidden", undefined, "forbidden"]);
  });

  test("survives a number that must be kept beside what is nested beyond reading, throttled or not", async () => {
    await using gateway = await startWith({
      maxRequestsPerSecondPerConnection: 200,
      maxRequestBurstPerConnection: 200,
    });
    const poison = `{"type":"publish","id":7,"channel":"c","data":1.0,"x":${"[".repeat(30_000)}${"]".repeat(30_000)}}`;
    await using client = await gateway.connectV1();
    client.send(...Array.from({ length: 300 }, () => ({ type: "ping", id: 5 })), poison);
    const answer = await client.replyTo(7);
    expect(answer).toMatchObject({ type: "error", code: "bad_request" });
    const leaving = await gateway.connectV1();
    leaving.send(...Array.from({ length: 300 }, () => ({ type: "ping", id: 5 })), poison);
    leaving.socket.close();
    await leaving.closed;
    expect(await client.request("ping")).toMatchObject({ type: "pong" });
  });

  test("counts empty messages, and long ones more", async () => {
    await using gateway = await startWith({
      maxRequestsPerSecondPerConnection: 100,
      maxRequestBurstPerConnection: 20,
    });
    await using client = await gateway.connectV1();
    const order: unknown[] = [];
    client.socket.on("message", (data: Buffer) => order.push(data.toString()));
    for (let times = 0; times < 30; times += 1) client.socket.send("");
    const long = client.request("publish", { channel: "c", data: "x".repeat(8_000) });
    expect(await long).toMatchObject({ type: "published" });
    expect(await client.request("ping")).toMatchObject({ type: "pong" });
  });

  test("reads no faster than the limit, and answers everything in the end", async () => {
    await using gateway = await startWith({
      maxRequestsPerSecondPerConnection: 200,
      maxRequestBurstPerConnection: 5,
    });
    await using client = await gateway.connectV1();
    const pings = Array.from({ length: 30 }, () => client.request("ping"));
    const ids = (await Promise.all(pings)).map(({ id }) => id);
    expect(ids).toEqual(ids.map((_, index) => index + 2));
  });

  test("asks for the subprotocol's own way to name channels", async () => {
    await using gateway = await startTestGateway();
    expect(await gateway.refused("?channel=c", ["tidewire.v1"])).toMatchObject({
      status: 400,
      body: { error: { code: "bad_request" } },
    });
    await using client = await gateway.connect("", ["tidewire.plain", "tidewire.v1"]);
    expect(client.socket.protocol).toBe("tidewire.plain");
  });

  test("says goodbye before it closes when the gateway stops", async () => {
    const gateway = await startTestGateway();
    await using client = await gateway.connectV1();
    const drained = gateway.drain();
    const leaving = await client.pushes.next();
    expect(leaving).toEqual({ type: "leaving", reconnectMs: expect.any(Number) as number });
    const { code, reason } = await client.closed;
    expect([code, reason]).toEqual([
      CLOSE_CODES.goingAway.code,
      `the gateway is stopping; come back in ${String(leaving["reconnectMs"])} ms`,
    ]);
    await drained;
  });
});

describe("when the broker", () => {
  test.each([
    ["unavailable", "unavailable", true],
    ["unconfirmed", "unconfirmed", true],
    ["refused", "forbidden", false],
  ] as const)(
    "answers %s, a publication is answered %s, and the connection lives on",
    async (code, told, retry) => {
      await using started = await startOn(() => ({
        publish: async () => failure(code),
        publishOnce: async () => failure(code),
      }));
      await using client = await started.gateway.connectV1();
      const plain = await client.request("publish", { channel: "c", data: 1 });
      const keyed = await client.request("publish", { channel: "c", data: 1, key: "k" });
      for (const reply of [plain, keyed]) expect(reply).toMatchObject({ type: "error", code: told, retry });
      expect(await client.request("ping")).toMatchObject({ type: "pong" });
    },
  );

  test("refuses a subscription, it is answered so, and can be asked for again", async () => {
    let isRefusing = true;
    await using started = await startOn((broker) => ({
      subscribe: async (channel) => (isRefusing ? failure("refused") : broker.subscribe(channel)),
    }));
    await using client = await started.gateway.connectV1();
    expect(await client.request("subscribe", { channel: "c" })).toMatchObject({ code: "forbidden" });
    isRefusing = false;
    expect(await client.request("subscribe", { channel: "c" })).toMatchObject({ type: "subscribed" });
  });

  test("refuses a channel later, the subscriber is told, and may subscribe again", async () => {
    await using started = await startOn(() => ({}));
    await using client = await started.gateway.connectV1();
    await client.request("subscribe", { channel: "c" });
    started.tell.onChannelRefused("c", { code: "refused", message: "as the test says" });
    expect(await client.pushes.next()).toMatchObject({ type: "removed", channel: "c", code: "forbidden" });
    expect(await client.request("subscribe", { channel: "c" })).toMatchObject({ type: "subscribed" });
  });

  test("was away, each subscription gets a gap before what comes after it", async () => {
    await using started = await startOn(() => ({}));
    const { gateway, tell } = started;
    await using client = await gateway.connectV1();
    for (const channel of ["a", "b"]) await client.request("subscribe", { channel });
    const links: Link[] = [{ state: "up" }, { state: "down", reason: "as the test says" }, { state: "up" }];
    for (const link of links.slice(1)) tell.onLink(link);
    await client.request("publish", { channel: "a", data: "after" });
    const pushes = await client.pushes.take(3);
    expect(pushes.map(({ type, channel }) => `${type} ${String(channel)}`).toSorted()).toEqual([
      "gap a",
      "gap b",
      "message a",
    ]);
    expect(pushes.findIndex(({ type, channel }) => type === "gap" && channel === "a")).toBeLessThan(
      pushes.findIndex(({ type }) => type === "message"),
    );
  });
});

async function metric(gateway: TestGateway, name: string): Promise<number> {
  const text = await (await fetch(`${gateway.url}metrics`)).text();
  return Number(new RegExp(`^${name} (\\S+)$`, "m").exec(text)?.[1]);
}
