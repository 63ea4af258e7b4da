/** The recipe docs/deploy/nginx.conf before gateways set up by docs/deploy/gateway.json. */
import { join } from "node:path";
import { connectPlain, type PlainClient } from "@tidewire/testkit";
import { describe, expect, test } from "vitest";
import { readConfig } from "../src/config.ts";
import type { Limits } from "../src/limits.ts";
import { ALICE, BOB, CAROL, FOLDER, Nginx, type Pair } from "./nginx.ts";
import { startTestGateway, type TestGateway } from "./test-gateway.ts";

const API_KEY = "a-key-of-the-test";

/** Two gateways, each of which puts its name before what its clients send. */
async function startPair(limits: Partial<Limits> = {}): Promise<Pair & AsyncDisposable> {
  const recipe = readConfig(["--config", join(FOLDER, "gateway.json")], { API_KEY });
  if (recipe.kind !== "config") throw new Error(JSON.stringify(recipe));
  const config = {
    ...recipe.config,
    port: 0,
    limits: { ...recipe.config.limits, drainNoticeMs: 0, drainTimeoutMs: 20, ...limits },
  };
  const left = await startTestGateway({ config: { ...config, textPrefix: "left: " } });
  const right = await startTestGateway({ config: { ...config, textPrefix: "right: " } });
  const stop = async () => void (await Promise.all([left.drain(), right.drain()]));
  return Object.assign([left, right] as const, { [Symbol.asyncDispose]: stop });
}

/** Which of the two a client is at. */
async function gatewayOf(client: PlainClient): Promise<string> {
  client.send("hello");
  return String(await client.next());
}

async function metricsOf(gateway: TestGateway): Promise<string> {
  return (await fetch(`${gateway.url}metrics`)).text();
}

describe("two gateways behind nginx", () => {
  test("serve clients, both of them, and the page", async () => {
    await using pair = await startPair();
    await using nginx = await Nginx.start(pair);
    await using alice = await nginx.connect(ALICE);
    await using bob = await nginx.connect(BOB);
    expect([await gatewayOf(alice), await gatewayOf(bob)].toSorted()).toEqual([
      "left: hello",
      "right: hello",
    ]);
    const page = await nginx.call(ALICE, "/");
    expect(page).toMatchObject({ status: 200, headers: { "content-type": "text/html; charset=utf-8" } });
    const [script = ""] = /\/assets\/[^"]+\.js/.exec(page.body) ?? [];
    for (const path of [script, "/favicon.svg"]) expect((await nginx.call(ALICE, path)).status).toBe(200);
  });

  test("serve clients in the variant without TLS", async () => {
    await using pair = await startPair();
    await using nginx = await Nginx.start(pair, false);
    await using client = await nginx.connect(ALICE, "?channel=room:42");
    expect(await gatewayOf(client)).toMatch(/^(left|right): hello$/);
  });

  test("serve readers of events, each event as soon as it is there", async () => {
    await using pair = await startPair();
    await using nginx = await Nginx.start(pair);
    const events = (await nginx.open(ALICE, "/api/v1/events?channel=room:1")).setEncoding("utf8");
    let received = "";
    events.on("data", (piece: string) => (received += piece));
    await expect.poll(() => received).toMatch(/^retry: \d+\n:\n\n$/);
    // It is at one of the two.
    const headers = { authorization: `Bearer ${API_KEY}` };
    for (const gateway of pair) await gateway.post({ channel: "room:1", message: "hello" }, headers);
    await expect.poll(() => received).toMatch(/\n:\n\ndata: hello\n\n$/);
    events.destroy();
  });

  test.each([
    "/message",
    "//message",
    "/%6dessage",
    "/assets/../message",
    "/message?x",
    "/metrics",
    "/readyz",
    "/healthz",
    "/elsewhere",
  ])("are not asked when the world asks for %s", async (path) => {
    await using pair = await startPair();
    await using nginx = await Nginx.start(pair);
    const body = JSON.stringify({ channel: "channel", message: "x" });
    const headers = { authorization: `Bearer ${API_KEY}`, "content-type": "application/json" };
    for (const call of [{}, { method: "POST", headers, body }]) {
      const answer = await nginx.call(ALICE, path, call);
      expect(answer).toMatchObject({
        status: 403,
        headers: { server: "nginx", "content-type": "text/html" },
      });
    }
  });

  test("take publications from inside through nginx, with the key", async () => {
    await using pair = await startPair();
    await using nginx = await Nginx.start(pair);
    const body = JSON.stringify({ channel: "channel", message: "x" });
    const headers = { "content-type": "application/json" };
    const post = { method: "POST", headers, body };
    expect((await nginx.call("127.0.0.1", "/message", post)).status).toBe(401);
    const withKey = { ...post, headers: { ...headers, authorization: `Bearer ${API_KEY}` } };
    expect((await nginx.call("127.0.0.1", "/message", withKey)).status).toBe(200);
  });
});

describe("the address of a client behind nginx is its own", () => {
  const TOO_MANY = { status: 429, body: { error: { code: "too_many_connections" } } };

  test("each gateway counts its connections by it", async () => {
    await using pair = await startPair({ maxConnectionsPerAddress: 1 });
    await using nginx = await Nginx.start(pair);
    await using first = await nginx.connect(ALICE);
    await using second = await nginx.connect(ALICE);
    expect(await nginx.refused(ALICE)).toMatchObject(TOO_MANY);
    await using bob = await nginx.connect(BOB);
    await using carol = await nginx.connect(CAROL);
    for (const client of [first, second, bob, carol]) {
      expect(await gatewayOf(client)).toMatch(/^(left|right): hello$/);
    }
  });

  test.each([BOB, "127.0.0.1", `${BOB}, 127.0.0.1`, "nonsense"])(
    "and a client that says X-Forwarded-For: %s gains nothing",
    async (forged) => {
      await using pair = await startPair({ maxConnectionsPerAddress: 1 });
      await using nginx = await Nginx.start(pair);
      await using first = await nginx.connect(ALICE);
      await using second = await nginx.connect(ALICE);
      expect(await nginx.refused(ALICE, { "x-forwarded-for": forged })).toMatchObject(TOO_MANY);
      // Nor does it take the place of the one that it names.
      await using bob = await nginx.connect(BOB);
      for (const client of [first, second, bob]) {
        expect(await gatewayOf(client)).toMatch(/^(left|right): hello$/);
      }
    },
  );
});

describe("when one gateway stops", () => {
  test("its clients are told to come back, and come to the other", async () => {
    await using pair = await startPair();
    const [left] = pair;
    await using nginx = await Nginx.start(pair);
    const clients = [await nginx.connect(ALICE), await nginx.connect(BOB)];
    const places = await Promise.all(clients.map(gatewayOf));
    await left.drain();
    const client = clients[places.indexOf("left: hello")];
    expect(await client?.closed).toMatchObject({ code: 4000, reason: expect.stringContaining("come back") });
    for (let index = 0; index < 4; index += 1) {
      await using again = await nginx.connect(ALICE);
      expect(await gatewayOf(again)).toBe("right: hello");
    }
    await Promise.all(clients.map((each) => each[Symbol.asyncDispose]()));
  });

  test("nobody new sees its refusals while it still waits for its clients", async () => {
    await using pair = await startPair({ drainTimeoutMs: 600_000, closeTimeoutMs: 600_000 });
    const [left] = pair;
    await using nginx = await Nginx.start(pair);
    await using slow = await connectPlain(left.webSocketUrl);
    slow.socket.pause();
    const drained = left.drain();
    const clients: PlainClient[] = [];
    for (let index = 0; index < 4; index += 1) clients.push(await nginx.connect(ALICE));
    for (const client of clients) expect(await gatewayOf(client)).toBe("right: hello");
    expect(await metricsOf(left)).toContain('tidewire_refusals_total{code="unavailable"}');
    for (const client of clients) await client[Symbol.asyncDispose]();
    slow.socket.terminate();
    await drained;
  });
});

test("nginx logs the address and the path of a client, and never the query, also when it fails", async () => {
  await using pair = await startPair();
  await using nginx = await Nginx.start(pair);
  const client = await nginx.connect(ALICE, "?token=canary");
  expect(await gatewayOf(client)).toMatch(/^(left|right): hello$/);
  await client[Symbol.asyncDispose]();
  await nginx.call(ALICE, "/metrics?token=canary", { headers: { referer: "https://x.example/?canary" } });
  await Promise.all(pair.map((gateway) => gateway.drain()));
  expect((await nginx.call(BOB, "/?token=canary")).status).toBe(502);
  const log = await nginx.quit();
  expect(log).toMatch(/^203\.0\.113\.7 \S+ "GET \/ HTTP\/1\.1" 101 /m);
  expect(log).toMatch(/^203\.0\.113\.7 \S+ "GET \/metrics HTTP\/1\.1" 403 /m);
  expect(log).toMatch(/^203\.0\.113\.8 \S+ "GET \/ HTTP\/1\.1" 502 /m);
  expect(log).not.toContain("canary");
});
