/** Presence over several gateways on one Redis, of which some are processes that are killed, frozen or asked to stop. */
import { randomUUID } from "node:crypto";
import { rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type RedisServer,
  runGateway,
  startRedis,
  untilListening,
  untilReady,
  type V1Client,
} from "@tidewire/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Limits } from "../src/limits.ts";
import { type At, memberAt, presenceConfig, readPresence, rosterAt } from "./presence-helpers.ts";
import { type RedisGateway, startOnRedis } from "./redis-gateway.ts";
import { endLease, endQuiet, idOf } from "./redis-hand.ts";
import { mint, SECRET } from "./tokens.ts";

let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis[Symbol.asyncDispose]());

/** Leases are longer than any test: none is over before the test says so. */
const LASTING: Partial<Limits> = { leaseMs: 600_000, leaseRenewMs: 100, presenceGraceMs: 0, lingerMs: 0 };
/** Leases are soon over by themselves, for a test that waits for that. */
const BRIEF = { ...LASTING, leaseMs: 2_000 };
/** Notices a Redis that does not answer, but not before a brief lease is over. */
const WATCHFUL = { commandTimeoutMs: 3_000, checkIntervalMs: 50 };

/** A gateway in this process. */
function startHere(prefix: string, url = redis.url, limits = LASTING, times = {}): Promise<RedisGateway> {
  return startOnRedis(url, presenceConfig(limits), { ...times, prefix });
}

/** A gateway as a process of its own. */
async function startThere(redisPrefix: string, limits = LASTING) {
  const file = join(tmpdir(), `tidewire-${randomUUID()}.json`);
  const channels = { "room:*": { presence: true } };
  await writeFile(file, JSON.stringify({ redisPrefix, limits, channels }));
  const args = ["--port", "0", "--redis", redis.url, "--config", file];
  const program = runGateway(args, { JWT_SECRET: SECRET });
  const { url } = await untilListening(program);
  await rm(file);
  await untilReady(url);
  const webSocketUrl = url.replace("http", "ws");
  return { program, url, webSocketUrl, [Symbol.asyncDispose]: () => program[Symbol.asyncDispose]() };
}

function users(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}${index}`);
}

async function enterAll(
  gateway: At,
  names: readonly string[],
  stack: AsyncDisposableStack,
): Promise<V1Client[]> {
  const clients: V1Client[] = [];
  for (const name of names) clients.push(stack.use(await memberAt(gateway, name)));
  return clients;
}

/** Who is there, as that gateway answers. */
async function namesAt(gateway: { readonly url: string }): Promise<string[]> {
  const { body } = await readPresence(gateway, "channel=room:1&limit=1000");
  return ((body["members"] ?? []) as readonly { user: string }[]).map(({ user }) => user);
}

describe("on several gateways", () => {
  test("a user is one member, and leaves with the last connection anywhere", async () => {
    await using one = await startHere("tabs:");
    await using two = await startHere("tabs:");
    await using roster = await rosterAt(one, "7");
    await endQuiet(redis, "tabs:");
    await roster.untilCertain();
    await using here = await memberAt(one, "8");
    await using there = await memberAt(two, "8");
    await roster.untilThere("7", "8");
    await here.request("unsubscribe", { channel: "room:1" });
    await using other = await rosterAt(two, "9");
    await other.untilThere("7", "8", "9");
    await roster.untilThere("7", "8", "9");
    await there.request("unsubscribe", { channel: "room:1" });
    await Promise.all([roster.untilThere("7", "9"), other.untilThere("7", "9")]);
    expect(roster.told.filter((step) => step.endsWith(" 8"))).toEqual(["joined 8", "left 8"]);
  });

  test("a user has the info that was named last on any of them", async () => {
    await using one = await startHere("infos:");
    await using two = await startHere("infos:");
    await using roster = await rosterAt(one, "7");
    await endQuiet(redis, "infos:");
    await roster.untilCertain();
    await using clients = new AsyncDisposableStack();
    for (const [gateway, fields] of [
      [one, { info: { name: "A" } }],
      [two, { info: { name: "B" } }],
      [one, { info: { name: "A" } }],
      [two, {}],
    ] as const) {
      clients.use(await memberAt(gateway, "8", fields));
      await namesAt(gateway);
    }
    clients.use(await memberAt(two, "9"));
    await roster.untilThere("7", "8", "9");
    expect(roster.members.get("8")).toEqual({ name: "A" });
  });

  test("when one is killed, each that does not come back has left once, and nobody else", async () => {
    await using one = await startHere("killed:");
    await using two = await startHere("killed:");
    await using three = await startThere("killed:");
    await using rosterOne = await rosterAt(one, "watcher-1");
    await using rosterTwo = await rosterAt(two, "watcher-2");
    await using clients = new AsyncDisposableStack();
    const [back, gone, staying] = [users("back-", 10), users("gone-", 10), users("staying-", 5)];
    await enterAll(three, [...back, ...gone], clients);
    await enterAll(two, staying, clients);
    const watchers = ["watcher-1", "watcher-2"];
    const all = [...watchers, ...back, ...gone, ...staying];
    await Promise.all([rosterOne.untilThere(...all), rosterTwo.untilThere(...all)]);
    await endQuiet(redis, "killed:");
    await Promise.all([rosterOne.untilCertain(), rosterTwo.untilCertain()]);
    const id = await idOf(three, { token: await mint({ sub: "asking" }) });
    three.program.kill("SIGKILL");
    await three.program.result;
    await enterAll(one, back, clients);
    await endLease(redis, "killed:", id);
    const rest = [...watchers, ...back, ...staying];
    for (const roster of [rosterOne, rosterTwo]) {
      await roster.untilThere(...rest);
      const left = roster.told.filter((step) => step.startsWith("left"));
      expect(left.toSorted()).toEqual(gone.map((name) => `left ${name}`));
      expect(roster.told.filter((step) => step.startsWith("joined back-")).length).toBeLessThanOrEqual(10);
    }
    expect((await namesAt(two)).toSorted()).toEqual(rest.toSorted());
  });

  test("when one stops, who comes back elsewhere within the grace has never left", async () => {
    const limits = { ...LASTING, presenceGraceMs: 3_000, drainTimeoutMs: 500 };
    await using one = await startHere("rolling:", redis.url, { ...limits, presenceGraceMs: 0 });
    await using old = await startThere("rolling:", limits);
    await using roster = await rosterAt(one, "watcher");
    await using clients = new AsyncDisposableStack();
    const [back, gone] = [users("back-", 10), users("gone-", 10)];
    const leaving = await enterAll(old, [...back, ...gone], clients);
    await roster.untilThere("watcher", ...back, ...gone);
    await endQuiet(redis, "rolling:");
    await roster.untilCertain();
    old.program.kill("SIGTERM");
    await Promise.all(leaving.map(({ closed }) => closed));
    // No grace ends before all are back.
    old.program.kill("SIGSTOP");
    await enterAll(one, back, clients);
    old.program.kill("SIGCONT");
    await roster.untilThere("watcher", ...back);
    expect((await old.program.result).exit).toBe(0);
    const left = roster.told.filter((step) => step.startsWith("left"));
    expect(left.toSorted()).toEqual(gone.map((name) => `left ${name}`));
  });

  test("one that was frozen for longer than its lease has its members back", async () => {
    await using one = await startHere("frozen:");
    await using two = await startThere("frozen:");
    await using clients = new AsyncDisposableStack();
    const names = users("there-", 5);
    await enterAll(two, names, clients);
    await using roster = await rosterAt(one, "watcher");
    await roster.untilThere("watcher", ...names);
    await endQuiet(redis, "frozen:");
    await roster.untilCertain();
    const id = await idOf(two, { token: await mint({ sub: "asking" }) });
    two.program.kill("SIGSTOP");
    await endLease(redis, "frozen:", id);
    await roster.untilThere("watcher");
    two.program.kill("SIGCONT");
    await roster.untilThere("watcher", ...names);
    expect((await namesAt(one)).toSorted()).toEqual([...names, "watcher"]);
  });

  test("nobody has left because Redis stood still for longer than a lease", async () => {
    await using server = await startRedis();
    await using one = await startHere("still:", server.url, BRIEF, WATCHFUL);
    await using two = await startHere("still:", server.url, BRIEF, WATCHFUL);
    await using clients = new AsyncDisposableStack();
    const names = users("there-", 5);
    await enterAll(two, names, clients);
    await using roster = await rosterAt(one, "watcher");
    await roster.untilThere("watcher", ...names);
    await roster.untilCertain();
    server.program.kill("SIGSTOP");
    for (const { links } of [one, two]) await links.find(({ state }) => state === "down");
    server.program.kill("SIGCONT");
    for (const { links } of [one, two]) await links.find(({ state }) => state === "up");
    const before = roster.told.length;
    await roster.until(({ told }) => told.slice(before).includes("members"));
    expect(roster.names).toEqual([...names, "watcher"]);
    await enterAll(two, ["late"], clients);
    await roster.untilThere("watcher", "late", ...names);
    expect(roster.told.filter((step) => step.startsWith("left"))).toEqual([]);
  });

  test("after Redis has forgotten everything all are there again, and nobody has left", async () => {
    const server = await startRedis();
    await using one = await startHere("empty:", server.url);
    await using two = await startHere("empty:", server.url);
    await using clients = new AsyncDisposableStack();
    const names = users("there-", 5);
    const [first] = await enterAll(two, names, clients);
    await using roster = await rosterAt(one, "watcher");
    await roster.untilThere("watcher", ...names);
    await endQuiet(server, "empty:");
    await roster.untilCertain();
    server.program.kill("SIGKILL");
    await server.program.result;
    await one.links.find(({ state }) => state === "down");
    await first?.[Symbol.asyncDispose]();
    await using again = await startRedis({ port: server.port });
    for (const { links } of [one, two]) await links.find(({ state }) => state === "up");
    // Nobody has vanished only because it was not said again yet that it is there.
    await roster.until(({ told }) => told.at(-1) === "some members");
    expect(roster.names).toEqual([...names, "watcher"]);
    await expect.poll(() => namesAt(one)).toHaveLength(names.length);
    await endQuiet(again, "empty:");
    await roster.untilThere("watcher", ...names.slice(1));
    expect(roster.told.at(-1)).toBe("members");
    await enterAll(two, ["late"], clients);
    await roster.untilThere("watcher", "late", ...names.slice(1));
    expect(roster.told.filter((step) => step.startsWith("left"))).toEqual([]);
    await expect.poll(() => namesAt(two)).toHaveLength(6);
    expect(again.port).toBe(server.port);
  });

  test("before it is certain who is there, those that are known are told, and then all", async () => {
    await using one = await startHere("new:");
    await using roster = await rosterAt(one, "7");
    await roster.until(({ told }) => told[0] === "some members");
    await using other = await memberAt(one, "8");
    await roster.until(({ told }) => told.includes("joined 8"));
    await endQuiet(redis, "new:");
    await roster.until(({ told }) => told.at(-1) === "members");
    expect(roster.names).toEqual(["7", "8"]);
    expect(other.socket.readyState).toBe(other.socket.OPEN);
  });

  test("nobody can pass for another by a name", async () => {
    await using one = await startHere("names:");
    await using open = await startOnRedis(redis.url, presenceConfig(LASTING, { identity: undefined }), {
      prefix: "names:",
    });
    await using anonymous = await rosterAt(open);
    await anonymous.until(({ total }) => total === 1);
    const [connection = ""] = anonymous.names;
    await using liar = await memberAt(one, connection.replace("connection ", ""));
    await using other = await memberAt(one, connection.replace("connection ", "c:"));
    await anonymous.until(({ total }) => total === 3);
    expect(anonymous.names).toContain(connection);
    const { body } = await readPresence(one, "channel=room:1");
    const kinds = (body["members"] as readonly object[]).map((member) => Object.keys(member).join());
    expect(kinds.toSorted()).toEqual(["connection", "user", "user"]);
    expect([liar, other].map(({ socket }) => socket.readyState)).toEqual([1, 1]);
  });
});
