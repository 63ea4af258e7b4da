/** The application's word: asked before clients connect, subscribe and publish, on whole gateways. */
import { type Broker, createMemoryBroker } from "@tidewire/broker";
import { CLOSE_CODES } from "@tidewire/protocol";
import { connectV1 } from "@tidewire/testkit";
import { describe, expect, test } from "vitest";
import type { Config } from "../src/config.ts";
import type { HooksConfig } from "../src/hook-config.ts";
import { type Application, startApplication } from "./application.ts";
import { startTestGateway, type TestGateway, testConfig } from "./test-gateway.ts";
import { mint, SECRET } from "./tokens.ts";

const IDENTITY: Config["identity"] = {
  keys: { kind: "secret", secret: SECRET },
  algorithms: ["HS256"],
  audience: [],
  issuer: [],
  clockToleranceMs: 0,
  cookie: "tidewire_token",
};
const OPEN = { subscribe: "anyone", publish: "anyone", echo: true } as const;
const BOTH = { "team:*": { ...OPEN, authorize: true } } as const;
const PUBLISH = { "team:*": { ...OPEN, authorize: ["publish"] } } as const;

function start(
  { hooks }: Application,
  config: Partial<Config> = {},
  onLog?: (line: string) => void,
): Promise<TestGateway> {
  return startTestGateway({ config: { hooks, ...config }, ...(onLog && { onLog }) });
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

describe("the application", () => {
  test("is told the event, the user, the channel or the protocol, with the secret, and nothing else", async () => {
    await using app = await startApplication(() => ({ allow: true }));
    const hooks = { ...app.hooks, connect: app.url, secret: "hook-secret" };
    await using gateway = await start(app, { hooks, identity: IDENTITY, channels: BOTH });
    await using plain = await gateway.connect(`?channel=team:1&token=${await mint()}`);
    plain.send("body");
    expect(await plain.next()).toBe("body");
    await using v1 = await connectV1(gateway.webSocketUrl);
    await v1.request("connect", { token: await mint({ sub: "8" }) });
    await v1.request("subscribe", { channel: "team:2" });
    await v1.request("publish", { channel: "team:2", data: 1 });
    await v1.request("publish", { channel: "room:1", data: 1 });
    expect(app.log.map(({ question }) => question)).toEqual([
      { event: "connect", user: "7", protocol: "plain" },
      { event: "subscribe", user: "7", channel: "team:1" },
      { event: "publish", user: "7", channel: "team:1" },
      { event: "connect", user: "8", protocol: "v1" },
      { event: "subscribe", user: "8", channel: "team:2" },
      { event: "publish", user: "8", channel: "team:2" },
    ]);
    for (const { method, headers } of app.log) {
      expect(method).toBe("POST");
      expect(headers).toMatchObject({
        authorization: "Bearer hook-secret",
        "content-type": "application/json",
      });
    }
    expect(await metrics(gateway)).toContain('tidewire_hook_requests_total{outcome="allowed"} 6');
  });

  test("is not told of a user where nobody signs in, nor given a secret that there is not", async () => {
    await using app = await startApplication(() => ({ allow: true }));
    await using gateway = await start(app, { hooks: { ...app.hooks, connect: app.url } });
    await using _plain = await gateway.connect();
    await using _v1 = await gateway.connectV1();
    expect(app.log.map(({ question }) => question)).toEqual([
      { event: "connect", protocol: "plain" },
      { event: "connect", protocol: "v1" },
    ]);
    expect(app.log[0]?.headers).not.toHaveProperty("authorization");
  });

  test.each([
    ["connect", ""],
    ["subscribe", "?channel=team:1"],
  ])("that forbids %s refuses a plain client with 403", async (event, query) => {
    await using app = await startApplication((question) => ({ allow: question["event"] !== event }));
    const hooks = { ...app.hooks, connect: app.url };
    await using gateway = await start(app, { hooks, channels: BOTH });
    expect(await gateway.refused(query)).toMatchObject({
      status: 403,
      body: { error: { code: "forbidden" } },
    });
  });

  test("that forbids publishing closes a plain client, and none of what waits behind is published", async () => {
    let isFirst = true;
    const bothSent = Promise.withResolvers<void>();
    await using app = await startApplication(async () => {
      await bothSent.promise;
      const allow = !isFirst;
      isFirst = false;
      return { allow };
    });
    await using gateway = await start(app, { channels: PUBLISH });
    await using reader = await gateway.connect("?channel=team:1");
    await using client = await gateway.connect("?channel=team:1");
    for (const text of ["one", "two"]) client.send(text);
    await app.asked.next();
    bothSent.resolve();
    expect((await client.closed).code).toBe(CLOSE_CODES.publishForbidden.code);
    await gateway.post({ channel: "team:1", message: "sentinel" });
    expect(await reader.next()).toBe("sentinel");
  });

  test("that forbids is an error to a v1 client, which may ask for other things", async () => {
    await using app = await startApplication(({ channel }) => ({ allow: channel === "team:2" }));
    await using gateway = await start(app, { channels: BOTH });
    await using client = await gateway.connectV1();
    const ask = (type: string, channel: string) => client.request(type, { channel, data: 1 });
    for (const type of ["subscribe", "publish"]) {
      expect(await ask(type, "team:1")).toMatchObject({ type: "error", code: "forbidden" });
      expect(await ask(type, "team:2")).not.toMatchObject({ type: "error" });
    }
    await using barred = await start(app, { hooks: { ...app.hooks, connect: app.url } });
    await using stranger = await connectV1(barred.webSocketUrl);
    expect(await stranger.request("connect")).toMatchObject({ type: "error", code: "forbidden" });
  });

  test("is not asked what rules and the user's own channel forbid, so it can't allow it", async () => {
    await using app = await startApplication(() => ({ allow: true }));
    const channels = {
      "*": { ...OPEN, authorize: true },
      closed: { ...OPEN, subscribe: "nobody", publish: "nobody", authorize: true },
    } as const;
    await using gateway = await start(app, { identity: IDENTITY, channels });
    await using client = await connectV1(gateway.webSocketUrl);
    await client.request("connect", { token: await mint() });
    for (const channel of ["closed", "user:8"]) {
      for (const type of ["subscribe", "publish"])
        expect(await client.request(type, { channel, data: 1 })).toMatchObject({ code: "forbidden" });
      expect(await gateway.refused(`?channel=${channel}&token=${await mint()}`)).toMatchObject({
        status: 403,
      });
    }
    expect(app.log).toEqual([]);
  });

  test("is asked about what a token grants, too", async () => {
    await using app = await startApplication(() => ({ allow: false }));
    await using gateway = await start(app, { identity: IDENTITY, channels: BOTH });
    await using client = await connectV1(gateway.webSocketUrl);
    await client.request("connect", { token: await mint({ claims: { subscribe: ["team:1"] } }) });
    expect(await client.request("subscribe", { channel: "team:1" })).toMatchObject({ code: "forbidden" });
  });
});

describe("an application that answers badly", () => {
  test.each([["503 to a plain client, 4002 when it publishes, and unavailable to a v1 client"]])(
    "is %s",
    async () => {
      let isWell = false;
      await using app = await startApplication(() =>
        isWell ? { allow: true } : (response) => response.writeHead(500).end('{"allow": true}'),
      );
      const hooks = { ...app.hooks, connect: app.url };
      await using gateway = await start(app, { hooks, channels: BOTH });
      expect(await gateway.refused("?channel=team:1")).toMatchObject({
        status: 503,
        body: { error: { code: "unavailable" } },
      });
      await using v1 = await connectV1(gateway.webSocketUrl);
      expect(await v1.request("connect")).toMatchObject({ code: "unavailable", retry: true });
      isWell = true;
      expect(await v1.request("connect")).toMatchObject({ type: "connected" });
      await using plain = await gateway.connect("?channel=team:1");
      isWell = false;
      for (const type of ["subscribe", "publish"])
        expect(await v1.request(type, { channel: "team:2", data: 1 })).toMatchObject({ code: "unavailable" });
      plain.send("x");
      expect((await plain.closed).code).toBe(CLOSE_CODES.publishFailed.code);
      expect(await metrics(gateway)).toContain('tidewire_hook_requests_total{outcome="failed"} 5');
    },
  );

  test("is warned of once, without the secret, a query string, a token or a message", async () => {
    const lines: string[] = [];
    await using app = await startApplication(() => (response) => {
      response.writeHead(500).end("canary-answer");
    });
    const hooks = { ...app.hooks, authorize: `${app.url}?key=canary-query`, secret: "canary-secret" };
    const config = { hooks, channels: PUBLISH, identity: IDENTITY };
    await using gateway = await start(app, config, (line) => lines.push(line));
    const token = await mint();
    await using client = await connectV1(`${gateway.webSocketUrl}?token=${token}`);
    await client.request("connect");
    for (const data of ["canary-1", "canary-2"])
      expect(await client.request("publish", { channel: "team:1", data })).toMatchObject({ type: "error" });
    expect(lines.filter((line) => line.includes("a hook fails"))).toHaveLength(1);
    expect(lines.join("\n")).not.toContain("canary");
    expect(lines.join("\n")).not.toContain(token);
  });
});

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
