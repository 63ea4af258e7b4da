/** The server API under /api/v1. */
import { type Broker, createMemoryBroker } from "@tidewire/broker";
import { describe, expect, test } from "vitest";
import type { ApiKey } from "../src/api-keys.ts";
import { openApi } from "../src/open-api.ts";
import { postJson, startTestGateway, type TestGateway } from "./test-gateway.ts";

function publish(gateway: TestGateway, body: unknown, key = "") {
  return postJson(`${gateway.url}api/v1/publish`, body, key ? bearer(key) : {});
}

function bearer(key: string): Readonly<Record<string, string>> {
  return { authorization: `Bearer ${key}` };
}

describe("POST /api/v1/publish", () => {
  test("publishes on one channel, a text as its bytes and anything else as JSON", async () => {
    await using gateway = await startTestGateway();
    await using plain = await gateway.connect("?channel=room:1");
    expect(await publish(gateway, { channel: "room:1", data: "hello" })).toEqual({
      status: 200,
      body: { results: [{ channel: "room:1", receivers: 1, duplicate: false }] },
    });
    await publish(gateway, '{"channel":"room:1","data":{"n":12345678901234567890}}');
    expect(await plain.inbox.take(2)).toEqual(["hello", '{"n":12345678901234567890}']);
  });

  test("publishes on many channels, to a user, and many messages, in order", async () => {
    await using gateway = await startTestGateway();
    await using one = await gateway.connect("?channel=room:1");
    await using user = await gateway.connect("?channel=user:7");
    const messages = [
      { channels: ["room:1", "room:2", "room:1"], data: "a" },
      { userId: 7, data: "b" },
      { channel: "room:1", data: "c" },
    ];
    const { status, body } = await publish(gateway, { messages });
    const { results } = body as { results: { channel: string }[] };
    expect(status).toBe(200);
    expect(results.map(({ channel }) => channel)).toEqual(["room:1", "room:2", "user:7", "room:1"]);
    expect(await one.inbox.take(2)).toEqual(["a", "c"]);
    expect(await user.next()).toBe("b");
  });

  test("publishes once for a key, on each channel", async () => {
    await using gateway = await startTestGateway();
    await using plain = await gateway.connect("?channel=room:1");
    const body = { channels: ["room:1", "room:2"], data: "paid", key: "order-7" };
    const duplicates = [];
    for (let times = 0; times < 2; times += 1) {
      const { results } = (await publish(gateway, body)).body as { results: { duplicate: boolean }[] };
      duplicates.push(results.map(({ duplicate }) => duplicate));
    }
    expect(duplicates).toEqual([
      [false, false],
      [true, true],
    ]);
    await publish(gateway, { channel: "room:1", data: "sentinel" });
    expect(await plain.inbox.take(2)).toEqual(["paid", "sentinel"]);
  });

  test.each([
    ["no target", { data: 1 }, "bad_request"],
    ["two targets", { channel: "a", userId: 7, data: 1 }, "bad_request"],
    ["no data", { channel: "a" }, "bad_request"],
    ["no channels", { channels: [], data: 1 }, "bad_request"],
    ["too many channels", { channels: Array(1_001).fill("a"), data: 1 }, "bad_request"],
    [
      "too many publications",
      { messages: [1, 2].map((data) => ({ channels: names(501), data })) },
      "bad_request",
    ],
    ["an unknown key", { chanel: "a", data: 1 }, "bad_request"],
    ["a key with a space", { channel: "a", data: 1, key: "a b" }, "bad_request"],
    ["a bad channel among good ones", { channels: ["a", "b c"], data: 1 }, "invalid_channel"],
    [
      "one bad message among good ones",
      { messages: [{ channel: "a", data: 1 }, { data: 1 }] },
      "bad_request",
    ],
    ["half of a surrogate pair", '{"channel":"a","data":"\\ud800"}', "bad_request"],
    ["data too deep", { channel: "a", data: nested(65) }, "bad_request"],
    ["a message too large", { channel: "a", data: "x".repeat(65_537) }, "too_large"],
    ["no body", "null", "bad_request"],
  ])("with %s publishes nothing and says why", async (_name, body, code) => {
    await using gateway = await startTestGateway();
    await using plain = await gateway.connect("?channel=a");
    expect(await publish(gateway, body)).toMatchObject({ body: { error: { code } } });
    await publish(gateway, { channel: "a", data: "sentinel" });
    expect(await plain.next()).toBe("sentinel");
  });

  test("names the key that was meant", async () => {
    await using gateway = await startTestGateway();
    const { body } = await publish(gateway, { chanel: "a", data: 1 });
    expect(JSON.stringify(body)).toContain('did you mean \\"channel\\"');
  });

  test("of several tells for each whether it went out", async () => {
    const failure = { ok: false, error: { code: "unconfirmed", message: "as the test says" } } as const;
    await using gateway = await startTestGateway({
      createBroker: (handlers) => {
        const broker = createMemoryBroker(handlers);
        const change: Broker["publish"] = async (channel, publication) =>
          channel === "bad" ? failure : broker.publish(channel, publication);
        return { ...broker, publish: change };
      },
    });
    const { status, body } = await publish(gateway, { channels: ["good", "bad"], data: 1 });
    expect({ status, body }).toMatchObject({
      status: 200,
      body: {
        results: [{ channel: "good" }, { channel: "bad", error: { code: "unconfirmed", retry: true } }],
      },
    });
    expect(await publish(gateway, { channel: "bad", data: 1 })).toMatchObject({ status: 504 });
  });
});

describe("keys of the server API", () => {
  const KEYS: readonly ApiKey[] = [
    { name: "old", key: "old-key", scopes: ["publish"] },
    { name: "new", key: "new-key", scopes: ["publish"] },
    { name: "admin", key: "admin-key", scopes: ["admin", "read"] },
  ];

  test("are each good for their scopes, several at a time", async () => {
    await using gateway = await startTestGateway({ config: { apiKeys: KEYS } });
    const body = { channel: "a", data: 1 };
    for (const key of ["old-key", "new-key"])
      expect(await publish(gateway, body, key)).toMatchObject({ status: 200 });
    expect(await publish(gateway, body, "admin-key")).toMatchObject({ status: 403 });
    for (const key of ["", "wrong", "old-key2"])
      expect(await publish(gateway, body, key)).toMatchObject({ status: 401 });
    const disconnect = `${gateway.url}api/v1/disconnect`;
    expect(await postJson(disconnect, { user: "7" }, bearer("new-key"))).toMatchObject({ status: 403 });
    expect(await postJson(disconnect, { user: "7" }, bearer("admin-key"))).toMatchObject({ status: 200 });
  });

  test("are wanted from a proxied caller, a foreign page and a form, when there is none", async () => {
    await using gateway = await startTestGateway();
    const url = `${gateway.url}api/v1/publish`;
    const body = { channel: "a", data: 1 };
    const strangers: Record<string, string>[] = [
      { "x-forwarded-for": "10.0.0.1" },
      { via: "1.1 proxy" },
      { origin: "http://evil.example" },
      { "sec-fetch-site": "cross-site" },
    ];
    for (const headers of strangers)
      expect(await postJson(url, body, headers)).toMatchObject({ status: 403 });
    const form = { "content-type": "application/x-www-form-urlencoded" };
    expect(await postJson(url, "channel=a&data=1", form)).toMatchObject({ status: 415 });
  });
});

test("the OpenAPI document is served, and describes every route of the server API", async () => {
  await using gateway = await startTestGateway();
  const response = await fetch(`${gateway.url}api/v1/openapi.json`);
  const served = (await response.json()) as { openapi: string; paths: Record<string, object> };
  expect(served).toEqual(JSON.parse(JSON.stringify(openApi())));
  expect(served.openapi).toBe("3.1.0");
  for (const [path, operations] of Object.entries(served.paths)) {
    for (const method of Object.keys(operations)) {
      const { status } = await fetch(gateway.url.slice(0, -1) + path, { method: method.toUpperCase() });
      expect(status).not.toBe(404);
    }
  }
  expect(Object.keys(served.paths).toSorted((a, b) => a.localeCompare(b))).toEqual([
    "/api/v1/channels",
    "/api/v1/connections",
    "/api/v1/disconnect",
    "/api/v1/events",
    "/api/v1/gateways",
    "/api/v1/history",
    "/api/v1/openapi.json",
    "/api/v1/presence",
    "/api/v1/publish",
    "/api/v1/revoke",
    "/message",
  ]);
});

function names(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `c${index}`);
}

function nested(depth: number): unknown {
  return JSON.parse("[".repeat(depth) + "]".repeat(depth));
}
