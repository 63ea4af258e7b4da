/** What the server API tells of gateways, channels and connections: on one gateway, and what it refuses. */
import { type Answer as GatewayAnswer, type Broker, createMemoryBroker } from "@tidewire/broker";
import { describe, expect, test } from "vitest";
import { version } from "../src/version.ts";
import { IDENTITY } from "./signed-in.ts";
import { startTestGateway, type TestGateway } from "./test-gateway.ts";
import { mint } from "./tokens.ts";

async function get(gateway: TestGateway, path: string, key?: string) {
  const headers = key === undefined ? {} : { authorization: `Bearer ${key}` };
  const response = await fetch(`${gateway.url}api/v1/${path}`, { headers });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

/** A gateway that gets these answers besides its own. */
function startWithAnswers(answers: readonly GatewayAnswer[]): Promise<TestGateway> {
  return startTestGateway({
    createBroker: (handlers) => {
      const broker = createMemoryBroker(handlers);
      const ask: Broker["ask"] = async (question) => {
        const asked = await broker.ask(question);
        if (!asked.ok) return asked;
        return { ok: true, value: { ...asked.value, answers: [...asked.value.answers, ...answers] } };
      };
      return { ...broker, ask };
    },
  });
}

describe("GET /api/v1/gateways", () => {
  test("tells of the gateway itself, by the id that v1 clients are told", async () => {
    await using gateway = await startTestGateway();
    await using client = await gateway.connectV1();
    const connected = await client.request("ping");
    expect(connected["type"]).toBe("pong");
    const { body } = await get(gateway, "gateways");
    const { body: listed } = await get(gateway, "connections");
    const [entry] = listed["connections"] as { gateway: string }[];
    expect(body).toEqual({ gateways: [{ id: entry?.gateway, version, since: expect.any(Number) }] });
  });
});

describe("GET /api/v1/channels", () => {
  test("counts the subscribers of each channel, of either protocol, by name", async () => {
    await using gateway = await startTestGateway();
    await using one = await gateway.connect("?channel=room:b");
    await using two = await gateway.connectV1();
    await two.request("subscribe", { channel: "room:b" });
    await two.request("subscribe", { channel: "room:a" });
    await two.request("subscribe", { channel: "lobby" });
    expect(await get(gateway, "channels")).toEqual({
      status: 200,
      body: {
        channels: [
          { channel: "lobby", subscribers: 1 },
          { channel: "room:a", subscribers: 1 },
          { channel: "room:b", subscribers: 2 },
        ],
        missing: [],
      },
    });
    await two.request("unsubscribe", { channel: "room:a" });
    const { body } = await get(gateway, "channels?prefix=room:");
    expect(body["channels"]).toEqual([{ channel: "room:b", subscribers: 2 }]);
    one.socket.close();
    await one.closed;
    await expect
      .poll(async () => (await get(gateway, "channels?prefix=room:")).body["channels"])
      .toEqual([{ channel: "room:b", subscribers: 1 }]);
  });

  test("gives them in pages, of which the last has no next", async () => {
    await using gateway = await startTestGateway();
    await using client = await gateway.connectV1();
    const names = Array.from({ length: 25 }, (_, index) => `room:${String(index).padStart(2, "0")}`);
    for (const channel of names.toReversed()) await client.request("subscribe", { channel });
    const seen: string[] = [];
    const sizes: number[] = [];
    for (let after: string | undefined = ""; after !== undefined;) {
      const { body } = await get(gateway, `channels?limit=10&after=${encodeURIComponent(after)}`);
      const page = body as { channels: { channel: string }[]; next?: string };
      seen.push(...page.channels.map(({ channel }) => channel));
      sizes.push(page.channels.length);
      after = page.next;
    }
    expect(seen).toEqual(names);
    expect(sizes).toEqual([10, 10, 5]);
  });

  test("has shorter pages, and all channels still, where their names are long", async () => {
    await using gateway = await startTestGateway();
    await using client = await gateway.connectV1();
    const names = Array.from({ length: 600 }, (_, index) => `${1_000 + index}:`.padEnd(255, "x"));
    for (const channel of names) await client.request("subscribe", { channel });
    const seen: string[] = [];
    let pages = 0;
    for (let after: string | undefined = ""; after !== undefined; pages += 1) {
      const { body } = await get(gateway, `channels?limit=1000&after=${encodeURIComponent(after)}`);
      const page = body as { channels: { channel: string }[]; next?: string };
      seen.push(...page.channels.map(({ channel }) => channel));
      after = page.next;
    }
    expect(seen).toEqual(names);
    expect(pages).toBeGreaterThan(1);
  });

  test("adds up what gateways say, and counts one that is not understood as missing", async () => {
    const there = { items: [{ channel: "a", subscribers: 40 }], isMore: false };
    await using gateway = await startWithAnswers([
      { gateway: "there", text: JSON.stringify(there) },
      { gateway: "strange", text: '{"items": 3}' },
      { gateway: "babbling", text: "nonsense" },
    ]);
    await using client = await gateway.connect("?channel=a");
    client.send("in");
    await client.next();
    expect((await get(gateway, "channels")).body).toEqual({
      channels: [{ channel: "a", subscribers: 41 }],
      missing: ["babbling", "strange"],
    });
  });
});

describe("GET /api/v1/connections", () => {
  const KEY = { name: "test", key: "server-key", scopes: ["read" as const] };

  test("tells of each its protocol, its user and its channels, and no address and no token", async () => {
    await using gateway = await startTestGateway({ config: { identity: IDENTITY, apiKeys: [KEY] } });
    const token = await mint({ sub: "7" });
    const before = Date.now();
    await using plain = await gateway.connect(`?channel=room:1&token=${token}`);
    plain.send("in");
    await plain.next();
    await using v1 = await gateway.connect(`?token=${await mint({ sub: "ümlaut 8" })}`, ["tidewire.v1"]);
    const { body } = await get(gateway, "connections", KEY.key);
    const [first, second] = body["connections"] as Record<string, unknown>[];
    expect(first).toEqual({
      connection: `${String(first?.["gateway"])}.1`,
      gateway: expect.any(String),
      user: "7",
      protocol: "plain",
      since: expect.any(Number),
      channels: 2,
    });
    expect(first?.["since"]).toBeGreaterThanOrEqual(before);
    // It has not said connect yet, so it is nobody's.
    expect(second).toMatchObject({ protocol: "v1", channels: 0 });
    expect(second).not.toHaveProperty("user");
    v1.send(JSON.stringify({ type: "connect", id: 1 }));
    await v1.next();
    const { body: found } = await get(gateway, `connections?user=${encodeURIComponent("ümlaut 8")}`, KEY.key);
    expect(found["connections"]).toEqual([{ ...second, user: "ümlaut 8", channels: 1 }]);
    expect(JSON.stringify([body, found])).not.toMatch(/127\.0\.0\.1|eyJ/);
  });

  test("gives them in pages, in the order in which they came", async () => {
    await using gateway = await startTestGateway();
    const clients = await Promise.all(Array.from({ length: 12 }, () => gateway.connect()));
    const seen: string[] = [];
    for (let query: string | undefined = "limit=5"; query !== undefined;) {
      const { body } = await get(gateway, `connections?${query}`);
      const page = body as { connections: { connection: string }[]; next?: string };
      seen.push(...page.connections.map(({ connection }) => connection));
      query = page.next && `limit=5&after=${page.next}`;
    }
    expect(seen.map((id) => Number(id.split(".")[1]))).toEqual(clients.map((_, index) => index + 1));
    const { body } = await get(gateway, "connections?gateway=unknown");
    expect(body).toEqual({ connections: [], missing: [] });
  });
});

describe("questions to the server API", () => {
  test.each([
    ["gateways?limit=1", 'The query has no key "limit".'],
    ["channels?limt=1", 'did you mean "limit"?'],
    ["channels?limit=0", "limit must be at least 1"],
    ["channels?limit=1001", "limit must be at most 1000"],
    ["channels?limit=", "limit must be a whole number"],
    ["channels?limit=1.5", "limit must be a whole number"],
    ["channels?limit=0x10", "limit must be a whole number"],
    ["channels?limit=1&limit=2", "limit must be of the type string"],
    ["channels?prefix=a&prefix=b", "prefix must be of the type string"],
    [`channels?after=${"x".repeat(256)}`, "after must be at most 255 characters long"],
    ["connections?user=", "user must be at least 1 character long"],
    [`connections?user=${"x".repeat(256)}`, "user must be at most 255 characters long"],
    ["connections?gateway=a.b", "gateway must be the id of a gateway"],
    ["connections?after=room:1", "after must be the id of a connection"],
  ])("%s is refused with a sentence", async (path, sentence) => {
    await using gateway = await startTestGateway();
    const { status, body } = await get(gateway, path);
    expect(status).toBe(400);
    const { code, message } = body["error"] as { code: string; message: string };
    expect(code).toBe("bad_request");
    expect(message).toContain(sentence);
  });

  test.each(["gateways", "channels", "connections"])("about %s want the scope read", async (path) => {
    const keys = [
      { name: "reader", key: "read-key", scopes: ["read" as const] },
      { name: "other", key: "other-key", scopes: ["publish" as const, "admin" as const] },
    ];
    await using gateway = await startTestGateway({ config: { apiKeys: keys } });
    expect(await get(gateway, path)).toMatchObject({ status: 401 });
    expect(await get(gateway, path, "other-key")).toMatchObject({ status: 403 });
    expect(await get(gateway, path, "read-key")).toMatchObject({ status: 200 });
  });

  test.each(["gateways", "channels", "connections"])(
    "about %s fail while the broker is away",
    async (path) => {
      const error = { code: "unavailable", message: "as the test says" } as const;
      const fail = async () => ({ ok: false, error }) as const;
      await using gateway = await startTestGateway({
        createBroker: (handlers) => ({ ...createMemoryBroker(handlers), renewLease: fail, ask: fail }),
      });
      expect(await get(gateway, path)).toMatchObject({
        status: 503,
        body: { error: { code: "unavailable" } },
      });
    },
  );
});
