import { createRedisBroker, DEFAULT_REDIS } from "@tidewire/broker";
import { holdPort, startRedis } from "@tidewire/testkit";
import { describe, expect, test, vi } from "vitest";
import { type Outcome, openOutlet } from "../src/outlet.ts";
import type { Plan } from "../src/plan.ts";
import { type FakeGateway, startFakeGateway } from "./fake-gateway.ts";

// The gateway is in this process, which a busy machine may have stand still for longer than a real one.
vi.mock("../src/gateway.ts", async (original) => ({
  ...(await original<object>()),
  GATEWAY_TIMEOUT_MS: 60_000,
}));

/** Publishes one message the way it is done when nothing is named, with the two places at these ports. */
async function search(redisPort: number, gateway: FakeGateway | undefined, prefix = ""): Promise<Outcome> {
  await using nobody = await holdPort();
  const gatewayUrl = gateway?.url ?? `http://127.0.0.1:${nobody.port}`;
  const plan: Plan = {
    destination: {
      kind: "search",
      redis: { ...DEFAULT_REDIS, port: redisPort },
      gateway: new URL(gatewayUrl),
    },
    source: { kind: "lines" },
    channel: "channel",
    isStream: false,
    isJson: false,
    prefix,
    apiKey: undefined,
  };
  const opened = await openOutlet(plan);
  if (!opened.ok) return opened;
  const outcome = await opened.outlet.send(Buffer.from("data"));
  opened.outlet.close();
  return outcome;
}

/** Something that is subscribed on that Redis. */
function openBroker(port: number) {
  const handlers = {
    onPublication: () => {},
    onChannelRefused: () => {},
    onEntry: () => {},
    onStreamGap: () => {},
    onStray: () => {},
    onNotice: () => {},
    onQuestion: () => undefined,
    onLink: () => {},
  };
  const broker = createRedisBroker({ target: { ...DEFAULT_REDIS, port } }, handlers);
  return { broker, [Symbol.asyncDispose]: () => broker.close() };
}

describe("when neither Redis nor a gateway is named", () => {
  test("the Redis on the default port is used, if somebody is subscribed there", async () => {
    await using redis = await startRedis();
    await using gateway = await startFakeGateway(200, { receivers: 1 });
    await using opened = openBroker(redis.port);
    const { broker } = opened;
    await broker.subscribe("channel");
    expect(await search(redis.port, gateway)).toEqual({ ok: true, via: redis.url, receivers: 1 });
    expect(gateway.requests).toEqual([]);
  });

  test("a channel that gateways read from its stream is not published on, since nobody would get it", async () => {
    await using redis = await startRedis();
    await using gateway = await startFakeGateway(200, { receivers: 1 });
    await using opened = openBroker(redis.port);
    await opened.broker.streams.follow("channel", { isTailed: false });
    expect(await search(redis.port, gateway)).toMatchObject({
      ok: false,
      reason: expect.stringContaining("say --stream"),
    });
    expect(gateway.requests).toEqual([]);
  });

  test("a gateway that keeps the message says where it is", async () => {
    await using nobody = await holdPort();
    await using gateway = await startFakeGateway(200, { position: "epoch.1-0.12345678" });
    expect(await search(nobody.port, gateway)).toEqual({
      ok: true,
      via: gateway.url,
      position: "epoch.1-0.12345678",
    });
  });

  test("the gateway is used, if nobody received it on Redis", async () => {
    await using redis = await startRedis();
    await using gateway = await startFakeGateway(200, { receivers: 1 });
    expect(await search(redis.port, gateway)).toEqual({ ok: true, via: gateway.url, receivers: 1 });
  });

  test("the gateway is used, if no Redis answers", async () => {
    await using nobody = await holdPort();
    await using gateway = await startFakeGateway(200, { receivers: 1 });
    expect(await search(nobody.port, gateway)).toEqual({ ok: true, via: gateway.url, receivers: 1 });
  });

  test("a gateway that refuses what reached nobody on Redis is a failure, in its own words", async () => {
    await using redis = await startRedis();
    await using gateway = await startFakeGateway(401, { error: { message: "No key." } });
    expect(await search(redis.port, gateway)).toMatchObject({ ok: false, reason: `${gateway.url}: No key.` });
  });

  test("a Redis that refuses the password is a failure, and the gateway is not asked", async () => {
    await using redis = await startRedis({ args: ["--requirepass", "right"] });
    await using gateway = await startFakeGateway(200, { receivers: 1 });
    expect(await search(redis.port, gateway)).toMatchObject({
      ok: false,
      reason: expect.stringContaining("wants a password"),
    });
    expect(gateway.requests).toEqual([]);
  });

  test("a gateway is left alone when a prefix says which deployment is meant", async () => {
    await using redis = await startRedis();
    await using gateway = await startFakeGateway(200, { receivers: 1 });
    expect(await search(redis.port, gateway, "other:")).toMatchObject({ via: redis.url, receivers: 0 });
    await using nobody = await holdPort();
    expect(await search(nobody.port, gateway, "other:")).toMatchObject({ ok: false });
    expect(gateway.requests).toEqual([]);
  });

  test("no receiver on Redis and no gateway is a message that reached nobody", async () => {
    await using redis = await startRedis();
    expect(await search(redis.port, undefined)).toEqual({ ok: true, via: redis.url, receivers: 0 });
  });

  test("neither of the two is a failure that names both", async () => {
    await using nobody = await holdPort();
    const { port } = nobody;
    const outcome = await search(port, undefined);
    expect(outcome).toMatchObject({
      ok: false,
      reason: expect.stringContaining(`redis://127.0.0.1:${port}`),
    });
    expect(outcome).toMatchObject({ reason: expect.stringContaining("http://127.0.0.1:") });
  });
});
