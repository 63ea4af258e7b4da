/** The application's word: asked before clients connect, subscribe and publish, on whole gateways. */
import { CLOSE_CODES } from "@tidewire/protocol";
import { connectV1 } from "@tidewire/testkit";
import { describe, expect, test } from "vitest";
import type { Config } from "../src/config.ts";
import { type Application, startApplication } from "./application.ts";
import { IDENTITY } from "./signed-in.ts";
import { startTestGateway, type TestGateway } from "./test-gateway.ts";
import { mint } from "./tokens.ts";

const OPEN = { subscribe: "anyone", publish: "anyone", echo: true, presence: false } as const;
const BOTH = { "team:*": { ...OPEN, authorize: true } } as const;
const PUBLISH = { "team:*": { ...OPEN, authorize: ["publish"] } } as const;

function start(
  { hooks }: Application,
  config: Partial<Config> = {},
  onLog?: (line: string) => void,
): Promise<TestGateway> {
  return startTestGateway({ config: { hooks, ...config }, ...(onLog && { onLog }) });
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
    await using plain = await gateway.connect();
    await using v1 = await gateway.connectV1();
    expect(plain.socket.readyState).toBe(v1.socket.readyState);
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
  test("is 503 to a plain client, 4002 when it publishes, and unavailable to a v1 client", async () => {
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
  });

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
