/** What holds while the application is asked, and has not answered. */
import { type Broker, createMemoryBroker } from "@tidewire/broker";
import { CLOSE_CODES } from "@tidewire/protocol";
import { connectV1 } from "@tidewire/testkit";
import { describe, expect, test } from "vitest";
import type { Config } from "../src/config.ts";
import type { HooksConfig } from "../src/hook-config.ts";
import { type Application, startApplication } from "./application.ts";
import { startTestGateway, type TestGateway, testConfig } from "./test-gateway.ts";

const OPEN = { subscribe: "anyone", publish: "anyone", echo: true, presence: false } as const;
const BOTH = { "team:*": { ...OPEN, authorize: true } } as const;
const PUBLISH = { "team:*": { ...OPEN, authorize: ["publish"] } } as const;

function start({ hooks }: Application, config: Partial<Config> = {}): Promise<TestGateway> {
  return startTestGateway({ config: { hooks, ...config } });
}

/** A gateway that writes down what is published, in the order in which its broker gets it. */
async function startRecording(app: Application, hooks: Partial<HooksConfig> = {}) {
  const published: string[] = [];
  const gateway = await startTestGateway({
    config: { hooks: { ...app.hooks, ...hooks }, channels: PUBLISH },
    createBroker: (handlers) => {
      const broker = createMemoryBroker(handlers);
      const publish: Broker["publish"] = (channel, publication) => {
        published.push(publication.payload.toString());
        return broker.publish(channel, publication);
      };
      return { ...broker, publish };
    },
  });
  return { gateway, published, [Symbol.asyncDispose]: () => gateway.drain() };
}

async function metrics(gateway: TestGateway): Promise<string> {
  return (await fetch(`${gateway.url}metrics`)).text();
}

describe("while the application is asked", () => {
  test("a plain client waits for its 101", async () => {
    const answer = Promise.withResolvers<object>();
    await using app = await startApplication(() => answer.promise);
    await using gateway = await start(app, { hooks: { ...app.hooks, connect: app.url } });
    let isOpen = false;
    const connecting = gateway.connect().then((client) => {
      isOpen = true;
      return client;
    });
    await app.asked.next();
    expect((await fetch(`${gateway.url}healthz`)).status).toBe(200);
    expect(isOpen).toBe(false);
    answer.resolve({ allow: true });
    await using client = await connecting;
    client.send("hello");
    expect(await client.next()).toBe("hello");
  });

  test("publications of a v1 client keep their order, though later ones are answered sooner", async () => {
    const slow = Promise.withResolvers<object>();
    await using app = await startApplication(({ channel }) =>
      channel === "team:slow" ? slow.promise : { allow: true },
    );
    await using started = await startRecording(app);
    await using writer = await started.gateway.connectV1();
    const sent = ["team:slow", "team:fast", "free", "team:slow", "team:fast"];
    const replies = sent.map((channel, data) => writer.request("publish", { channel, data }));
    await app.asked.take(2);
    expect(await writer.request("ping")).toMatchObject({ type: "pong" });
    slow.resolve({ allow: true });
    await Promise.all(replies);
    expect(started.published).toEqual(["0", "1", "2", "3", "4"]);
  });

  test("texts of a plain client keep their order, and are published though it has left", async () => {
    const answer = Promise.withResolvers<object>();
    await using app = await startApplication(() => answer.promise);
    await using gateway = await start(app, { channels: PUBLISH });
    await using reader = await gateway.connect("?channel=team:1");
    const writer = await gateway.connect("?channel=team:1");
    const sent = Array.from({ length: 60 }, (_, index) => String(index));
    for (const text of sent) writer.send(text);
    await app.asked.next();
    writer.socket.close();
    await writer.closed;
    answer.resolve({ allow: true });
    expect(await reader.inbox.take(sent.length)).toEqual(sent);
  });

  test("a gateway that stops still publishes what was said before", async () => {
    const answer = Promise.withResolvers<object>();
    await using app = await startApplication(() => answer.promise);
    const { gateway, published } = await startRecording(app);
    const client = await gateway.connect("?channel=team:1");
    client.send("last words");
    await app.asked.next();
    const drained = gateway.drain();
    await client.closed;
    answer.resolve({ allow: true });
    await drained;
    expect(published).toEqual(["last words"]);
  });

  test("a client that the gateway closes has its undecided texts dropped", async () => {
    const answer = Promise.withResolvers<object>();
    await using app = await startApplication(() => answer.promise);
    await using started = await startRecording(app);
    await using client = await started.gateway.connect("?channel=team:1");
    client.send("undecided");
    await app.asked.next();
    client.send(Buffer.from("binary"));
    expect((await client.closed).code).toBe(CLOSE_CODES.unsupportedData.code);
    answer.resolve({ allow: true });
    await started.gateway.drain();
    expect(started.published).toEqual([]);
  });

  test("a subscription can be cancelled, and can't be asked for twice", async () => {
    const answer = Promise.withResolvers<object>();
    await using app = await startApplication(() => answer.promise);
    await using gateway = await start(app, { channels: BOTH });
    await using client = await gateway.connectV1();
    const first = client.request("subscribe", { channel: "team:1" });
    await app.asked.next();
    expect(await client.request("subscribe", { channel: "team:1" })).toMatchObject({
      code: "already_subscribed",
    });
    expect(await client.request("unsubscribe", { channel: "team:1" })).toMatchObject({
      type: "unsubscribed",
    });
    answer.resolve({ allow: true });
    expect(await first).toMatchObject({ code: "cancelled" });
    expect(await metrics(gateway)).toMatch(/^tidewire_channels 0$/m);
  });

  test("more questions than the limit are not asked, and refused as unavailable", async () => {
    const answer = Promise.withResolvers<object>();
    await using app = await startApplication(() => answer.promise);
    const limits = { ...testConfig().limits, maxPendingHookRequests: 2 };
    await using gateway = await start(app, { channels: BOTH, limits });
    await using client = await gateway.connectV1();
    const [first, second] = ["team:1", "team:2"].map((channel) => client.request("subscribe", { channel }));
    await app.asked.take(2);
    expect(await client.request("subscribe", { channel: "team:3" })).toMatchObject({ code: "unavailable" });
    answer.resolve({ allow: true });
    for (const reply of [first, second]) expect(await reply).toMatchObject({ type: "subscribed" });
    expect(app.log).toHaveLength(2);
  });

  test("a v1 client that leaves before it was let in has said nothing", async () => {
    const answer = Promise.withResolvers<object>();
    await using app = await startApplication(() => answer.promise);
    await using started = await startRecording(app, { connect: app.url });
    const client = await connectV1(started.gateway.webSocketUrl);
    client.send({ type: "connect", id: 1 }, { type: "publish", id: 2, channel: "c", data: "too early" });
    await app.asked.next();
    await client[Symbol.asyncDispose]();
    await expect.poll(() => metrics(started.gateway)).toMatch(/^tidewire_connections 0$/m);
    answer.resolve({ allow: true });
    await started.gateway.drain();
    expect(started.published).toEqual([]);
  });
});
