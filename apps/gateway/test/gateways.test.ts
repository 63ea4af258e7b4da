/** Three gateways on one Redis, of which one is a process of its own that is killed or frozen. */
import { randomUUID } from "node:crypto";
import { rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRedisBroker, parseRedisUrl } from "@tidewire/broker";
import {
  connectPlain,
  connectV1,
  type Program,
  type RedisServer,
  runGateway,
  startRedis,
  untilListening,
  untilReady,
} from "@tidewire/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Limits } from "../src/limits.ts";
import { endLease, idOf } from "./redis-hand.ts";
import { startTestGateway, type TestGateway, testConfig } from "./test-gateway.ts";

let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis[Symbol.asyncDispose]());

/** As long as a test can take: nobody loses a lease by itself, and nobody is missing by being slow. */
const PATIENT: Partial<Limits> = { leaseMs: 600_000, leaseRenewMs: 100, askTimeoutMs: 600_000 };

/** A gateway in this process, on that Redis under that prefix. */
function startHere(prefix: string, limits = PATIENT): Promise<TestGateway> {
  const parsed = parseRedisUrl(redis.url);
  if (!parsed.ok) throw new Error(parsed.fault);
  const { target } = parsed;
  return startTestGateway({
    config: { limits: { ...testConfig().limits, ...limits } },
    createBroker: (handlers) => createRedisBroker({ target, prefix }, handlers),
  });
}

/** A gateway as a process of its own. */
async function startThere(prefix: string, limits = PATIENT) {
  const file = join(tmpdir(), `tidewire-${randomUUID()}.json`);
  await writeFile(file, JSON.stringify({ redisPrefix: prefix, limits }));
  const program: Program = runGateway(["--port", "0", "--redis", redis.url, "--config", file]);
  const { url } = await untilListening(program);
  await rm(file);
  await untilReady(url);
  const webSocketUrl = url.replace("http", "ws");
  return { program, url, webSocketUrl, [Symbol.asyncDispose]: () => program[Symbol.asyncDispose]() };
}

interface Entry {
  readonly connection: string;
  readonly gateway: string;
  readonly protocol: string;
}

interface Answer {
  readonly gateways: readonly { readonly id: string; readonly since: number }[];
  readonly channels: readonly { readonly channel: string; readonly subscribers: number }[];
  readonly connections: readonly Entry[];
  readonly missing: readonly string[];
  readonly next?: string;
}

/** What that gateway answers; the part of it that the path stands for. */
async function ask({ url }: { readonly url: string }, path: string): Promise<Answer> {
  return (await fetch(`${url}api/v1/${path}`)).json() as Promise<Answer>;
}

async function idsSeenBy(gateway: { readonly url: string }): Promise<readonly string[]> {
  const { gateways } = await ask(gateway, "gateways");
  return gateways.map(({ id }) => id);
}

function sorted(texts: readonly string[]): string[] {
  return texts.toSorted((left, right) => (left < right ? -1 : 1));
}

describe("several gateways", () => {
  test("know each other, and each gives the true counts and connections of all", async () => {
    await using one = await startHere("three:");
    await using two = await startHere("three:");
    await using three = await startThere("three:");
    const all = [one, two, three];
    const [idOfThree, ...others] = await Promise.all([three, one, two].map((each) => idOf(each)));
    const ids = sorted([String(idOfThree), ...others]);
    for (const gateway of all) await expect.poll(() => idsSeenBy(gateway)).toEqual(ids);

    await using clients = new AsyncDisposableStack();
    clients.use(await connectPlain(`${one.webSocketUrl}?channel=room:1`));
    clients.use(await connectPlain(`${two.webSocketUrl}?channel=room:1`));
    clients.use(await connectPlain(`${three.webSocketUrl}?channel=room:1`));
    await using d = await connectV1(three.webSocketUrl);
    await d.request("connect");
    await d.request("subscribe", { channel: "room:1" });
    await d.request("subscribe", { channel: "room:2" });
    for (const gateway of all) {
      await expect
        .poll(() => ask(gateway, "channels?prefix=room:"))
        .toEqual({
          channels: [
            { channel: "room:1", subscribers: 4 },
            { channel: "room:2", subscribers: 1 },
          ],
          missing: [],
        });
      expect(await ask(gateway, "channels?limit=1&after=room:1")).toMatchObject({
        channels: [{ channel: "room:2" }],
      });
    }

    await expect.poll(async () => (await ask(one, "connections")).connections).toHaveLength(4);
    const { connections } = await ask(one, "connections");
    expect(connections.map(({ gateway }) => gateway)).toEqual(sorted([...ids, String(idOfThree)]));
    expect(new Set(connections.map(({ connection }) => connection)).size).toBe(4);
    const { connections: there } = await ask(one, `connections?gateway=${idOfThree}`);
    expect(there.map(({ protocol }) => protocol)).toEqual(expect.arrayContaining(["plain", "v1"]));

    const paged: Entry[] = [];
    for (let query: string | undefined = "limit=1"; query !== undefined;) {
      const page: Answer = await ask(two, `connections?${query}`);
      paged.push(...page.connections);
      query = page.next && `limit=1&after=${page.next}`;
    }
    expect(
      paged.filter(({ connection }) => connections.some((known) => known.connection === connection)),
    ).toEqual(connections);
  });

  test("know at once when one of them has drained", async () => {
    await using one = await startHere("drained:");
    const two = await startHere("drained:");
    await expect.poll(async () => (await idsSeenBy(one)).length).toBe(2);
    await two.drain();
    expect(await idsSeenBy(one)).toHaveLength(1);
    expect((await ask(one, "channels")).missing).toEqual([]);
  });

  test("go on without one that is killed: it is missing, and then it is gone", async () => {
    const limits = { ...PATIENT, askTimeoutMs: 1_000 };
    await using one = await startHere("killed:", limits);
    await using two = await startHere("killed:", limits);
    await using three = await startThere("killed:", limits);
    const id = await idOf(three);
    await expect.poll(async () => (await idsSeenBy(one)).length).toBe(3);
    await using clients = new AsyncDisposableStack();
    clients.use(await connectPlain(`${two.webSocketUrl}?channel=room:1`));
    clients.use(await connectPlain(`${three.webSocketUrl}?channel=room:1`));
    await expect
      .poll(() => ask(one, "channels"))
      .toEqual({ channels: [{ channel: "room:1", subscribers: 2 }], missing: [] });
    three.program.kill("SIGKILL");
    await three.program.result;
    const withoutIt = [{ channel: "room:1", subscribers: 1 }];
    // Another one that is slow may be missing now and then, too.
    await expect.poll(() => ask(one, "channels")).toEqual({ channels: withoutIt, missing: [id] });
    await endLease(redis, "killed:", id);
    expect(await idsSeenBy(one)).not.toContain(id);
    await expect.poll(() => ask(one, "channels")).toEqual({ channels: withoutIt, missing: [] });
    expect(await idsSeenBy(two)).toHaveLength(2);
  });

  test("miss one that is frozen, and have it back under its name when it goes on", async () => {
    await using one = await startHere("frozen:");
    await using two = await startHere("frozen:");
    await using three = await startThere("frozen:");
    const id = await idOf(three);
    await using clients = new AsyncDisposableStack();
    clients.use(await connectPlain(`${three.webSocketUrl}?channel=room:1`));
    await expect.poll(async () => (await idsSeenBy(one)).length).toBe(3);
    const frozenMs = Date.now();
    three.program.kill("SIGSTOP");
    await endLease(redis, "frozen:", id);
    expect(await idsSeenBy(one)).not.toContain(id);
    expect(await ask(two, "connections")).toEqual({ connections: [], missing: [] });
    three.program.kill("SIGCONT");
    await three.program.line(/was lost, and is taken anew/);
    await expect.poll(() => idsSeenBy(one)).toContain(id);
    await expect
      .poll(() => ask(two, "channels"))
      .toEqual({ channels: [{ channel: "room:1", subscribers: 1 }], missing: [] });
    const { gateways } = await ask(two, "gateways");
    // It has been running all the time, and says so.
    expect(gateways.find((each) => each.id === id)?.since).toBeLessThan(frozenMs);
  });
});
