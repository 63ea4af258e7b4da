/** Who may read server-sent events: servers, users with their tokens, and pages as far as they could open a WebSocket. */
import { once } from "node:events";
import { type IncomingMessage, type OutgoingHttpHeaders, request } from "node:http";
import { json } from "node:stream/consumers";
import { describe, expect, test } from "vitest";
import { startApplication } from "./application.ts";
import { stopClock } from "./clock.ts";
import { KEPT, readEvents } from "./event-reader.ts";
import { IDENTITY, KEY, post, start } from "./signed-in.ts";
import { startTestGateway, type TestGateway, testConfig } from "./test-gateway.ts";
import { mint } from "./tokens.ts";

const READER = { name: "reader", key: "read-key", scopes: ["read" as const] };
const LISTED = "https://app.example";

/** The answer to a request with headers that `fetch` would not send; of a refusal the code, too. */
async function ask(
  gateway: TestGateway,
  headers: OutgoingHttpHeaders,
  { query = "?channel=room:1", path = "events" } = {},
) {
  const asking = request(`${gateway.url}api/v1/${path}${query}`, { headers }).end();
  const [response] = (await once(asking, "response")) as [IncomingMessage];
  const { statusCode: status = 0 } = response;
  const body = status === 200 ? undefined : ((await json(response)) as { error: { code: string } });
  response.destroy();
  return { status, code: body?.error.code, headers: response.headers };
}

function bearer(text: string) {
  return { authorization: `Bearer ${text}` };
}

async function statusOf(gateway: TestGateway, channel: string, headers: OutgoingHttpHeaders, token = "") {
  return (await ask(gateway, headers, { query: `?channel=${channel}&token=${token}` })).status;
}

describe("where clients sign in, events of a channel", () => {
  const config = { identity: IDENTITY, apiKeys: [KEY, READER] };

  test("are for users by the rules of the channel, and for no stranger", async () => {
    await using gateway = await startTestGateway({ config });
    const [seven, eight] = [await mint({ sub: "7" }), await mint({ sub: "8" })];
    expect(await statusOf(gateway, "user:7", {}, seven)).toBe(200);
    expect(await statusOf(gateway, "user:7", {}, eight)).toBe(403);
    expect(await statusOf(gateway, "user:7", bearer(seven))).toBe(200);
    expect(await statusOf(gateway, "user:7", bearer(eight))).toBe(403);
    expect(await statusOf(gateway, "room:1", {}, eight)).toBe(200);
    expect(await statusOf(gateway, "news", {}, eight)).toBe(403);
    expect(await statusOf(gateway, "room:1", {})).toBe(401);
    expect(await statusOf(gateway, "room:1", {}, "nonsense")).toBe(401);
    expect(await statusOf(gateway, "room:1", {}, await mint({ expiresIn: -1 }))).toBe(401);
  });

  test("are for servers with a key that is good for reading, whatever the channel", async () => {
    await using gateway = await startTestGateway({ config });
    for (const channel of ["user:7", "news", "room:1"]) {
      expect(await statusOf(gateway, channel, bearer(READER.key))).toBe(200);
      expect(await statusOf(gateway, channel, bearer(KEY.key))).toBe(403);
      expect(await statusOf(gateway, channel, bearer("wrong"))).toBe(401);
    }
  });

  test("are for programs on the same machine where there is no key, unless they say who they are", async () => {
    await using gateway = await startTestGateway({ config: { identity: IDENTITY } });
    expect(await statusOf(gateway, "user:7", {})).toBe(200);
    expect(await statusOf(gateway, "user:7", {}, await mint({ sub: "8" }))).toBe(403);
    expect(await statusOf(gateway, "room:1", { "x-forwarded-for": "203.0.113.7" })).toBe(401);
    expect(await statusOf(gateway, "room:1", { origin: "https://elsewhere.example" })).toBe(401);
  });

  test("take a cookie of the gateway's own page and of listed ones, and of no other", async () => {
    await using gateway = await startTestGateway({ config: { ...config, allowedOrigins: [LISTED] } });
    const { host } = new URL(gateway.url);
    const cookie = `tidewire_token=${await mint()}`;
    const statusWith = async (headers: OutgoingHttpHeaders) =>
      (await ask(gateway, { cookie, ...headers })).status;
    expect(await statusWith({ origin: `http://${host}` })).toBe(200);
    expect(await statusWith({ origin: LISTED })).toBe(200);
    // What a browser sends for an EventSource of the gateway's own page.
    expect(await statusWith({ "sec-fetch-site": "same-origin" })).toBe(200);
    for (const site of ["cross-site", "same-site", "none"])
      expect(await statusWith({ "sec-fetch-site": site })).toBe(401);
    expect(await statusWith({})).toBe(401);
    expect(await statusWith({ origin: "https://elsewhere.example", "sec-fetch-site": "same-origin" })).toBe(
      403,
    );
  });

  test("are for those whom the application lets in and lets subscribe", async () => {
    const denied = new Set<string>();
    await using application = await startApplication(({ event = "" }) => ({ allow: !denied.has(event) }));
    const hooks = { ...application.hooks, connect: application.url };
    const channels = { "room:*": { ...KEPT["kept:*"], authorize: true as const } };
    await using gateway = await startTestGateway({ config: { ...config, hooks, channels } });
    const token = await mint();
    expect(await statusOf(gateway, "room:1", {}, token)).toBe(200);
    expect(application.log.map(({ question }) => question)).toEqual([
      { event: "connect", user: "7", protocol: "events" },
      { event: "subscribe", user: "7", channel: "room:1" },
    ]);
    for (const event of ["connect", "subscribe"]) {
      denied.add(event);
      expect(await statusOf(gateway, "room:1", {}, token)).toBe(403);
      const history = { query: `?channel=room:1&token=${token}`, path: "history" };
      expect(await ask(gateway, {}, history)).toMatchObject({ status: 403 });
      denied.delete(event);
    }
    // A server is asked nothing of.
    const asked = application.log.length;
    expect(await statusOf(gateway, "room:1", bearer(READER.key))).toBe(200);
    expect(application.log).toHaveLength(asked);
  });
});

describe("a page of another origin", () => {
  const CORS = ["access-control-allow-origin", "access-control-allow-credentials", "vary"];
  const corsOf = (headers: IncomingMessage["headers"]) => CORS.map((name) => headers[name]);

  test.each(["events", "history"])("may read %s where it could open a WebSocket", async (path) => {
    const where = { query: "?channel=kept:1", path };
    await using gateway = await startTestGateway({ config: { channels: KEPT } });
    const anyone = await ask(gateway, { origin: "https://elsewhere.example" }, where);
    expect(anyone.status).toBe(200);
    expect(corsOf(anyone.headers)).toEqual(["https://elsewhere.example", undefined, "Origin"]);
    expect(corsOf((await ask(gateway, {}, where)).headers)).toEqual([undefined, undefined, undefined]);
    const rebound = await ask(gateway, { origin: "http://evil.example", host: "evil.example" }, where);
    expect(rebound).toMatchObject({ status: 403, code: "forbidden_host" });
    expect(corsOf(rebound.headers)).toEqual([undefined, undefined, undefined]);
  });

  test.each(["events", "history"])(
    "may read %s, and with credentials, only where it is listed",
    async (path) => {
      const where = { query: "?channel=kept:1", path };
      const config = { channels: KEPT, allowedOrigins: [LISTED] };
      await using gateway = await startTestGateway({ config });
      const listed = await ask(gateway, { origin: LISTED }, where);
      expect(listed.status).toBe(200);
      expect(corsOf(listed.headers)).toEqual([LISTED, "true", "Origin"]);
      const other = await ask(gateway, { origin: "https://elsewhere.example" }, where);
      expect(other).toMatchObject({ status: 403, code: "forbidden_origin" });
      expect(corsOf(other.headers)).toEqual([undefined, undefined, undefined]);
      // Why it may not is for a listed page to read, too.
      const refused = await ask(gateway, { origin: LISTED }, { ...where, query: "?channel=__x" });
      expect(refused.status).toBe(400);
      expect(corsOf(refused.headers)).toEqual([LISTED, "true", "Origin"]);
    },
  );
});

describe("a user who reads events", () => {
  const channels = KEPT;

  test.each([["revoke"], ["disconnect"]])("gets nothing any more after a %s", async (action) => {
    await using gateway = await start({ channels });
    for (const channel of ["room:1", "user:7"]) {
      await using reader = await readEvents(gateway, `?channel=${channel}&token=${await mint()}`);
      await post(gateway, "api/v1/publish", { channel, data: "before" });
      expect(await reader.next()).toMatchObject({ data: "before" });
      await post(gateway, `api/v1/${action}`, { user: "7" });
      await post(gateway, "api/v1/publish", { channel, data: "after" });
      await reader.ended;
      await expect(reader.next()).rejects.toThrow("the events have ended");
      if (action === "revoke") return;
    }
  });

  test("is cut off when the token is over", async () => {
    const setForward = stopClock();
    await using gateway = await start();
    await using reader = await readEvents(gateway, `?channel=room:1&token=${await mint({ expiresIn: 2 })}`);
    await post(gateway, "api/v1/publish", { channel: "room:1", data: "before" });
    expect(await reader.next()).toMatchObject({ data: "before" });
    setForward(2_000);
    await reader.ended;
    const metrics = await (await fetch(`${gateway.url}metrics`)).text();
    expect(metrics).toContain('tidewire_closes_total{code="4004"} 1');
  });

  test("whose token is revoked while the application is asked gets nothing of what is kept", async () => {
    const isAsked = Promise.withResolvers<void>();
    const answer = Promise.withResolvers<object>();
    await using application = await startApplication(() => {
      isAsked.resolve();
      return answer.promise;
    });
    const rule = { ...KEPT["kept:*"], authorize: true as const };
    await using gateway = await start({ channels: { "room:*": rule }, hooks: application.hooks });
    await post(gateway, "api/v1/publish", { channel: "room:1", data: "secret" });
    const reading = ask(gateway, {}, { query: `?channel=room:1&last=1&token=${await mint()}` });
    await isAsked.promise;
    await post(gateway, "api/v1/revoke", { user: "7" });
    answer.resolve({ allow: true });
    expect(await reading).toMatchObject({ status: 401, code: "unauthorized" });
  });
});

test("a reader of events is counted at its address, and its place is given back", async () => {
  const limits = { ...testConfig().limits, maxConnectionsPerAddress: 1 };
  const config = { trustProxy: ["127.0.0.1"], apiKeys: [READER], limits };
  await using gateway = await startTestGateway({ config });
  const headers = { "x-forwarded-for": "203.0.113.7" };
  await using first = await readEvents(gateway, "?channel=room:1", headers);
  expect(first.response.status).toBe(200);
  expect(await ask(gateway, headers)).toMatchObject({ status: 429, code: "too_many_connections" });
  await first[Symbol.asyncDispose]();
  await expect.poll(async () => (await ask(gateway, headers)).status).toBe(200);
});

test("neither tokens nor keys of those who read are logged", async () => {
  const lines: string[] = [];
  const [good, key] = [await mint(), "a-key-that-is-not-to-be-seen"];
  {
    await using gateway = await startTestGateway({
      config: { identity: IDENTITY, channels: KEPT, apiKeys: [{ ...READER, key }] },
      onLog: (line) => lines.push(line),
    });
    for (const path of ["events", "history"]) {
      await ask(gateway, {}, { query: `?channel=kept:1&token=${good}`, path });
      await ask(gateway, {}, { query: `?channel=__&token=${good}`, path });
      await ask(gateway, bearer(key), { query: "?channel=kept:1", path });
    }
  }
  for (const secret of [good, key]) expect(lines.join("\n")).not.toContain(secret);
});
