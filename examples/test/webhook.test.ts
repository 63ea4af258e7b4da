import { readFileSync } from "node:fs";
import { once } from "node:events";
import { connect } from "node:net";
import {
  connectPlain,
  type RedisServer,
  runGateway,
  startRedis,
  untilListening,
  untilReady,
} from "@tidewire/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sign } from "../webhook/signature.js";
import { type StartedGateway, Walkthrough } from "./walkthrough.ts";

const README = readFileSync(new URL("../webhook/README.md", import.meta.url), "utf8");
const { WEBHOOK_SECRET: SECRET = "" } = valuesOf("WEBHOOK_SECRET");
const ORDER = JSON.stringify({ userId: "9", message: "Your order has left" });

let redis: RedisServer;
let walk: Walkthrough;
let gateway: StartedGateway;
/** The business server. */
let url: string;

beforeAll(async () => {
  redis = await startRedis();
  walk = new Walkthrough("examples/webhook/README.md", { redis });
  walk.export();
  gateway = await walk.startGateway();
  await walk.startGateway();
  const server = walk.start("GATEWAY_URL=");
  const [, port] = /port (\d+)/.exec(await server.line(/^listening/)) ?? [];
  walk.bind("8080", Number(port));
  url = `http://127.0.0.1:${port}`;
});
afterAll(async () => {
  await walk[Symbol.asyncDispose]();
  await redis[Symbol.asyncDispose]();
});

/** What the README exports under these names. */
function valuesOf(...names: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    names.map((name) => [name, new RegExp(`${name}=(\\S+)`).exec(README)?.[1] ?? ""]),
  );
}

interface Delivery {
  readonly id?: string;
  /** How long ago it was sent, in seconds. */
  readonly ageS?: number;
  readonly body?: string;
  readonly secret?: string;
  readonly signature?: string;
}

let lastId = 0;

/** The answer to a webhook which is sound but for what is said. */
async function deliver({ id, ageS = 0, body = ORDER, secret = SECRET, signature }: Delivery) {
  lastId += 1;
  const webhookId = id ?? `id-${lastId}`;
  const timestamp = String(Math.floor(Date.now() / 1_000) - ageS);
  const headers = {
    "webhook-id": webhookId,
    "webhook-timestamp": timestamp,
    "webhook-signature": signature ?? sign(secret, webhookId, timestamp, body),
  };
  const response = await fetch(`${url}/webhook`, { method: "POST", headers, body });
  return { status: response.status, text: await response.text() };
}

async function tokenOf(credentials: string): Promise<Response> {
  const authorization = `Basic ${Buffer.from(credentials).toString("base64")}`;
  return fetch(`${url}/token`, { headers: { authorization } });
}

describe("a webhook", () => {
  test("reaches its user at both gateways, once, as the README says", async () => {
    const devices = [walk.start("pnpm"), walk.start("pnpm")];
    await Promise.all(devices.map((device) => device.line(/^connected$/)));
    const answers = [await walk.run("pnpm"), await walk.run("pnpm"), await walk.run("pnpm")].map((output) =>
      output.split("\n").filter((line) => /^\d{3} /.test(line)),
    );
    expect(answers.map(([line = ""]) => JSON.parse(line.slice(4)) as unknown)).toEqual([
      { receivers: 2, duplicate: false },
      { receivers: 0, duplicate: true },
      { receivers: 0, duplicate: false },
    ]);
    for (const [line] of answers) expect(README).toContain(line);
    await deliver({ body: JSON.stringify({ userId: "7", message: "the last one" }) });
    for (const device of devices) {
      await device.line(/^the last one$/);
      device.kill("SIGKILL");
      const { stdout } = await device.result;
      expect(stdout.split("\n").slice(-3)).toEqual(["connected", "Your order has left", "the last one"]);
    }
    expect(await walk.run("curl")).toMatch(/^HTTP\/1\.1 401 [^]*"code":"unauthorized"/);
    expect(walk.rest).toEqual([]);
  });

  test("is refused where it is not signed by whom it should be, altered, or not of now", async () => {
    await using device = await connectPlain(
      `${gateway.webSocketUrl}?channel=user:7&token=${(await (await tokenOf("ada:lovelace")).text()).trim()}`,
    );
    const body = JSON.stringify({ userId: "7", message: "forged" });
    const other = `whsec_${Buffer.from("another secret").toString("base64")}`;
    const now = String(Math.floor(Date.now() / 1_000));
    const refused: Delivery[] = [
      { secret: other },
      { signature: "" },
      { signature: "v1," },
      { signature: sign(SECRET, "id", now, ORDER) },
      { id: "another-id", signature: sign(SECRET, "id", now, body) },
      { ageS: 241 },
      { ageS: -60 },
      { ageS: Number.NaN },
      { id: "" },
    ];
    const answers = await Promise.all(refused.map((delivery) => deliver({ body, ...delivery })));
    expect(answers.map(({ status }) => status)).toEqual(refused.map(() => 401));
    expect((await deliver({ body: JSON.stringify({ userId: "7", message: "true" }) })).status).toBe(200);
    expect(await device.next()).toBe("true");
  });

  test("may bring a second signature, while its secret is being replaced", async () => {
    const timestamp = String(Math.floor(Date.now() / 1_000));
    const signature = `v1,b2xk ${sign(SECRET, "two", timestamp, ORDER)}`;
    expect(await deliver({ id: "two", signature })).toMatchObject({ status: 200 });
  });

  test("is refused where it is too large or says nothing of a user", async () => {
    expect((await deliver({ body: "x".repeat(16_385) })).status).toBe(413);
    const bodies = ["", "{", "null", "[]", '{"userId":7,"message":"text"}', '{"userId":"7"}'];
    const answers = await Promise.all(bodies.map((body) => deliver({ body })));
    expect(answers.map(({ status }) => status)).toEqual(bodies.map(() => 400));
    expect((await deliver({ body: '{"userId":"","message":"text"}' })).status).toBe(422);
    const socket = connect(Number(new URL(url).port), "127.0.0.1");
    socket.end("POST /webhook HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nhalf");
    await once(socket.resume(), "close");
    expect((await deliver({})).status).toBe(200);
  });

  test("is to be sent again while no gateway is there, and is then published", async () => {
    gateway.program.kill("SIGKILL");
    await gateway.program.result;
    expect((await deliver({ id: "again" })).status).toBe(503);
    const env = { REDIS_URL: redis.url, ...valuesOf("JWT_SECRET", "API_KEY") };
    await using program = runGateway(["--port", new URL(gateway.url).port], env);
    await untilReady((await untilListening(program)).url);
    expect((await deliver({ id: "again" })).text).toContain('"duplicate":false');
  });
});

test("a token is for who knows the password", async () => {
  expect((await tokenOf("ada:byron")).status).toBe(401);
  expect((await fetch(`${url}/token`)).status).toBe(401);
  expect((await fetch(`${url}/elsewhere`)).status).toBe(404);
});
