import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { text } from "node:stream/consumers";
import { describe, expect, test } from "vitest";
import { startTestGateway, testConfig } from "./test-gateway.ts";

describe("POST /message", () => {
  test("sends a text as its bytes and anything else as JSON, and says how many received it", async () => {
    await using gateway = await startTestGateway();
    await using client = await gateway.connect();
    const messages = ["text 🌊", "", { a: [1, null] }, ["x"], 7.5, true, null];
    for (const message of messages) {
      expect(await gateway.post({ channel: "channel", message })).toEqual({
        status: 200,
        body: { receivers: 1 },
      });
    }
    const expected = messages.map((message) =>
      typeof message === "string" ? message : JSON.stringify(message),
    );
    expect(await client.inbox.take(messages.length)).toEqual(expected);
  });

  test.each([7, "7", "7 & more"])("reaches the channel of user %j", async (userId) => {
    await using gateway = await startTestGateway();
    const channel = `user:${encodeURIComponent(userId)}`;
    await using client = await gateway.connect(`?channel=${encodeURIComponent(channel)}`);
    expect(await gateway.post({ userId, message: "for you" })).toMatchObject({ status: 200 });
    expect(await client.next()).toBe("for you");
  });

  test("keeps every digit of a number that JavaScript can't hold", async () => {
    await using gateway = await startTestGateway();
    await using client = await gateway.connect();
    const message = '{"id":9007199254740993,"price":1.10,"__proto__":{"x":1e400}}';
    await gateway.post(`{"channel":"channel","message":${message}}`);
    expect(await client.next()).toBe(message);
  });

  test("to nobody is 200 too", async () => {
    await using gateway = await startTestGateway();
    expect(await gateway.post({ channel: "nobody", message: "x" })).toEqual({
      status: 200,
      body: { receivers: 0 },
    });
  });

  test.each([
    ["no JSON", "{", 400, "bad_request"],
    ["an empty body", "", 400, "bad_request"],
    ["no message", { channel: "channel" }, 400, "bad_request"],
    ["no target", { message: "x" }, 400, "bad_request"],
    [
      "a user id that JavaScript would round",
      '{"message":"x","userId":9007199254740993}',
      400,
      "bad_request",
    ],
    ["a user id that is no whole number", { message: "x", userId: 7.5 }, 400, "bad_request"],
    [
      "JSON nested beyond reading",
      `{"channel":"c","message":${"[".repeat(60_000)}${"]".repeat(60_000)}}`,
      400,
      "bad_request",
    ],
    ["two targets", { message: "x", channel: "channel", userId: 7 }, 400, "bad_request"],
    ["an empty user id", { message: "x", userId: "" }, 400, "bad_request"],
    ["a misspelt key", { message: "x", chanel: "channel" }, 400, "bad_request"],
    ["half a surrogate pair", '{"channel":"channel","message":"\\ud800"}', 400, "bad_request"],
    ["half a surrogate pair in the user id", '{"userId":"\\ud800","message":"x"}', 400, "bad_request"],
    ["a forbidden channel", { message: "x", channel: "tidewire:x" }, 400, "invalid_channel"],
    ["a user id that is too long", { message: "x", userId: "x".repeat(300) }, 400, "invalid_channel"],
    ["a message too large", { message: "x".repeat(65_537), channel: "channel" }, 413, "too_large"],
    ["a body too large", { message: "x".repeat(600_000), channel: "channel" }, 413, "too_large"],
  ])("with %s is refused", async (_name, body, status, code) => {
    await using gateway = await startTestGateway();
    const answer = await gateway.post(body);
    expect(answer).toEqual({ status, body: { error: { code, message: expect.any(String) } } });
  });

  test.each(["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])(
    "as %s is refused: a form of a foreign page could send it",
    async (type) => {
      await using gateway = await startTestGateway();
      const answer = await gateway.post('{"channel":"channel","message":"x"}', { "content-type": type });
      expect(answer).toMatchObject({ status: 415, body: { error: { code: "unsupported_media_type" } } });
    },
  );

  test("wants the API key once one is set, and tells nobody what it is", async () => {
    await using gateway = await startTestGateway({
      config: { apiKeys: [{ name: "test", key: "canary-key", scopes: ["publish"] }] },
    });
    const body = { channel: "channel", message: "x" };
    const refused = await gateway.post(body);
    expect(refused).toMatchObject({ status: 401, body: { error: { code: "unauthorized" } } });
    expect(JSON.stringify(refused)).not.toContain("canary-key");
    expect(await gateway.post(body, { authorization: "Bearer canary-key" })).toMatchObject({ status: 200 });
  });

  test("through a proxy is refused without a key", async () => {
    await using gateway = await startTestGateway();
    const answer = await gateway.post({ channel: "c", message: "x" }, { "x-forwarded-for": "10.0.0.1" });
    expect(answer).toMatchObject({ status: 403, body: { error: { code: "forbidden" } } });
  });
});

describe("the HTTP side", () => {
  test("says that it lives and is ready", async () => {
    await using gateway = await startTestGateway();
    for (const path of ["healthz", "readyz"]) {
      expect((await fetch(gateway.url + path)).status).toBe(200);
    }
  });

  test("serves the page with a strict policy and the default channel in it", async () => {
    await using gateway = await startTestGateway({ config: { channel: "$&lobby".replace("&", "'") } });
    const response = await fetch(gateway.url);
    expect(response.headers.get("content-security-policy")).toContain("default-src 'self'");
    expect(await response.text()).toContain(`<meta name="tidewire-channel" content="$'lobby"`);
  });

  test("tells the page the operator's limit on messages", async () => {
    const limits = { ...testConfig().limits, maxMessageBytes: 10 };
    await using gateway = await startTestGateway({ config: { limits } });
    expect(await (await fetch(gateway.url)).text()).toContain('"tidewire-max-message-bytes" content="10"');
  });

  test("answers an unknown path with JSON", async () => {
    await using gateway = await startTestGateway();
    const response = await fetch(`${gateway.url}elsewhere?token=secret`);
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ error: { code: "not_found" } });
  });

  test.each([
    ["a URL that can't be read", "/%zz?token=secret", {}, 400],
    ["a range that a file does not have", "/favicon.svg", { range: "bytes=99999999-" }, 400],
  ])("answers %s with JSON that repeats nothing", async (_name, path, headers, status) => {
    await using gateway = await startTestGateway();
    const [response] = (await once(request(gateway.url, { path, headers }).end(), "response")) as [
      IncomingMessage,
    ];
    expect(response.statusCode).toBe(status);
    const body = await text(response);
    expect(JSON.parse(body)).toMatchObject({ error: { code: "bad_request" } });
    expect(body).not.toContain("secret");
  });

  test("answers a request that offers another protocol as if it did not", async () => {
    await using gateway = await startTestGateway();
    const headers = {
      connection: "upgrade, http2-settings",
      upgrade: "h2c",
      "http2-settings": "AAMAAABkAAQAAP__",
    };
    const [response] = (await once(request(`${gateway.url}healthz`, { headers }).end(), "response")) as [
      IncomingMessage,
    ];
    expect(response.statusCode).toBe(200);
    response.resume();
  });

  test("lets what has a hash in its name be kept for ever, and nothing else", async () => {
    await using gateway = await startTestGateway();
    const page = await (await fetch(gateway.url)).text();
    const asset = /assets\/[^"]+\.js/.exec(page)?.[0] ?? "";
    expect((await fetch(gateway.url + asset)).headers.get("cache-control")).toContain("immutable");
    expect((await fetch(`${gateway.url}favicon.svg`)).headers.get("cache-control")).toBe("no-cache");
  });

  test("counts connections, publications, deliveries and refusals", async () => {
    await using gateway = await startTestGateway();
    await using first = await gateway.connect();
    await using second = await gateway.connect();
    first.send("one");
    await Promise.all([first.next(), second.next()]);
    await gateway.refused("elsewhere");
    const metrics = await (await fetch(`${gateway.url}metrics`)).text();
    for (const line of [
      "tidewire_connections 2",
      "tidewire_channels 1",
      "tidewire_publications_total 1",
      "tidewire_deliveries_total 2",
      'tidewire_refusals_total{code="not_found"} 1',
      "tidewire_broker_up 1",
    ]) {
      expect(metrics.split("\n")).toContain(line);
    }
  });
});
