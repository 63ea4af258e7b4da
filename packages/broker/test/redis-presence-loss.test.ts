/** Presence when Redis forgets, goes back, or stands still: on servers that are really killed and stopped. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type RedisServer, startRedis, TcpProxy } from "@tidewire/testkit";
import { expect, test } from "vitest";
import { judgeNotice } from "../src/index.ts";
import { valueOf } from "./observer.ts";
import { openRawClient, openReadyBroker, type Opened } from "./open-broker.ts";
import {
  idsOn,
  nextMillisecond,
  renew,
  settlePresence,
  someone,
  told,
  toldUntilSentinel,
} from "./presence-helpers.ts";

const GATEWAYS = ["reader", "a", "b"] as const;
type Name = (typeof GATEWAYS)[number];
type Raw = ReturnType<typeof openRawClient>;
type Scene = Awaited<ReturnType<typeof openScene>>;

/** Gateways `a`, with ann and bob in the room, and `b`, with bob and cid; and one that reads. */
async function openScene() {
  const stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "tidewire-presence-"));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const server = stack.use(await startRedis({ folder }));
  await settlePresence(server.url, "");
  const proxy = stack.use(await TcpProxy.start(server.port));
  const url = `redis://127.0.0.1:${proxy.port}`;
  const reader = stack.use(await openReadyBroker(url));
  const a = stack.use(await openReadyBroker(url));
  const b = stack.use(await openReadyBroker(url));
  const gateways = { reader, a, b };
  for (const name of GATEWAYS) await renew(gateways[name], name);
  valueOf(await reader.broker.presence.watch("room"));
  for (const id of ["ann", "bob"]) valueOf(await a.broker.presence.enter("room", someone(id)));
  for (const id of ["bob", "cid"]) valueOf(await b.broker.presence.enter("room", someone(id)));
  expect(await told(reader, 3)).toEqual(["+ann", "+bob", "+cid"]);
  const incarnations = new Map<Name, number>();
  return {
    ...gateways,
    incarnations,
    server,
    proxy,
    folder,
    stack,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

async function kill({ server, reader, a, b }: Scene): Promise<void> {
  server.program.kill("SIGKILL");
  await server.program.result;
  for (const { broker, observer } of [reader, a, b]) await observer.untilLink(broker, "down");
}

async function start({ server, folder, stack }: Scene): Promise<RedisServer> {
  return stack.use(await startRedis({ folder, port: server.port }));
}

/** As gateways do when the link is up. */
async function comeBack(scene: Scene, names: readonly Name[]): Promise<void> {
  for (const name of names) {
    const { broker, observer } = scene[name];
    await observer.untilLink(broker, "up");
    const { incarnation } = await renew(scene[name], name);
    scene.incarnations.set(name, incarnation);
  }
}

/** Waits until the gateways have entered anew what they hold, under the lease with which they came back. */
async function untilWhole(raw: Raw, { incarnations }: Scene, names: readonly Name[]): Promise<void> {
  const whole = async () => {
    const token = await raw.hget("tidewire:presence:state", "token");
    const terms = await raw.hgetall("tidewire:presence:terms");
    return names.filter((name) => / 1 /.test(terms[`${incarnations.get(name)}.${token}`] ?? ""));
  };
  await expect.poll(whole).toEqual(names);
}

/** The time is over in which nothing is removed, and all gateways know. */
async function calmDown(scene: Scene, names: readonly Name[]): Promise<void> {
  await using raw = openRawClient(scene.server.url);
  await untilWhole(raw, scene, names);
  expect(await raw.pttl("tidewire:presence:quiet")).toBeGreaterThan(0);
  await raw.del("tidewire:presence:quiet");
  for (const name of names) {
    await renew(scene[name], name);
    valueOf(await scene[name].broker.presence.count("room"));
  }
}

async function isComplete({ broker }: Opened): Promise<boolean> {
  return valueOf(await broker.presence.members("room", { limit: 1 })).isComplete;
}

test("after a kill and an empty restart all are there again, and nobody is told but of a reset", async () => {
  await using scene = await openScene();
  const { reader, a, b } = scene;
  await kill(scene);
  void b.broker.presence.leave("room", "cid");
  const entered = a.broker.presence.enter("room", someone("dan"));
  await start(scene);
  await comeBack(scene, ["reader"]);
  const page = valueOf(await reader.broker.presence.members("room", { limit: 10 }));
  expect(page).toMatchObject({ total: 0, isComplete: false });
  await comeBack(scene, ["a", "b"]);
  valueOf(await entered);
  // Gone meanwhile: `b` may hold him, and not have said so.
  valueOf(await a.broker.presence.leave("room", "bob"));
  await expect.poll(() => idsOn(reader, "room")).toEqual(["ann", "bob", "dan"]);
  await calmDown(scene, GATEWAYS);
  expect(await isComplete(reader)).toBe(true);
  // For the link.
  expect(await told(reader)).toEqual(["reset"]);
  const event = await reader.observer.presenceEvents.next();
  // In one step with those who are not told of, so whoever has asked before that has missed them.
  expect(event).toMatchObject({ notice: { changes: [{ kind: "joined", member: { id: "dan" } }] } });
  expect(event.kind === "notice" && judgeNotice(event.notice, page.version)).toBe("missed");
  expect(await toldUntilSentinel(reader, "room")).toEqual(["reset"]);
  expect(await idsOn(reader, "room")).toEqual(["ann", "bob", "dan"]);
});

test("after an empty restart the info counts that was said last, whoever enters first again", async () => {
  await using scene = await openScene();
  const { a, b, reader } = scene;
  valueOf(await a.broker.presence.enter("room", someone("bob", "1")));
  await nextMillisecond();
  valueOf(await b.broker.presence.enter("room", someone("bob", "2")));
  await kill(scene);
  await start(scene);
  const infos = async () =>
    valueOf(await reader.broker.presence.members("room", { limit: 10 })).members.map(({ info }) => info);
  await comeBack(scene, ["reader", "a"]);
  await expect.poll(infos).toEqual(["null", "1"]);
  await comeBack(scene, ["b"]);
  await expect.poll(infos).toEqual(["null", "2", "null"]);
});

test("after an empty restart an info comes back though who has named none was first, or last", async () => {
  await using scene = await openScene();
  const { a, b, reader } = scene;
  valueOf(await a.broker.presence.enter("room", someone("eve", "1")));
  valueOf(await b.broker.presence.enter("room", someone("fay", "1")));
  await nextMillisecond();
  valueOf(await b.broker.presence.enter("room", someone("eve", "")));
  valueOf(await a.broker.presence.enter("room", someone("fay", "")));
  await kill(scene);
  await start(scene);
  const infos = async () =>
    valueOf(await reader.broker.presence.members("room", { after: "cid", limit: 10 })).members.map(
      ({ info }) => info,
    );
  await comeBack(scene, ["reader", "a"]);
  await expect.poll(infos).toEqual(["1", ""]);
  await comeBack(scene, ["b"]);
  await expect.poll(infos).toEqual(["1", "1"]);
});

test("after a kill and a restart from an older snapshot nobody is there who left since, or missing", async () => {
  await using scene = await openScene();
  const { server, reader, a, b } = scene;
  {
    await using raw = openRawClient(server.url);
    await raw.save();
  }
  valueOf(await a.broker.presence.leave("room", "ann"));
  valueOf(await b.broker.presence.enter("room", someone("dan")));
  const before = valueOf(await reader.broker.presence.members("room", { limit: 10 }));
  expect(await told(reader, 2)).toEqual(["-ann", "+dan"]);
  await kill(scene);
  await start(scene);
  for (const { broker, observer } of [reader, a, b]) await observer.untilLink(broker, "up");
  // The leases of the snapshot count, and the gateways don't know yet; what is answered is not what it was.
  const page = valueOf(await reader.broker.presence.members("room", { limit: 10 }));
  expect(page).toMatchObject({ isComplete: false });
  expect(page.version.epoch).not.toBe(before.version.epoch);
  await comeBack(scene, GATEWAYS);
  await calmDown(scene, GATEWAYS);
  await expect.poll(() => idsOn(reader, "room")).toEqual(["bob", "cid", "dan"]);
  // She was in the snapshot, so she leaves once more; when, among the resets, is open.
  const events = await toldUntilSentinel(reader, "room");
  expect(events.filter((event) => event !== "reset")).toEqual(["-ann"]);
  expect(events.filter((event) => event === "reset")).toHaveLength(2);
});

test("after the epoch was lost all is entered anew in silence, under the same lease", async () => {
  await using scene = await openScene();
  const { server, reader, a } = scene;
  await using raw = openRawClient(server.url);
  await raw.del("tidewire:presence:state");
  const entered = a.broker.presence.enter("room", someone("dan"));
  await comeBack(scene, GATEWAYS);
  valueOf(await entered);
  expect(await idsOn(reader, "room")).toEqual(["ann", "bob", "cid", "dan"]);
  await calmDown(scene, GATEWAYS);
  expect(await toldUntilSentinel(reader, "room")).toEqual(["+dan", "reset"]);
  expect(await idsOn(reader, "room")).toEqual(["ann", "bob", "cid", "dan"]);
  // Nothing is left of the terms before.
  await expect.poll(() => raw.hlen("tidewire:presence:terms")).toBe(3);
});

test("when Redis has stood still for longer than all leases, only those of a dead gateway leave", async () => {
  await using scene = await openScene();
  const { server, proxy, reader, a, b } = scene;
  for (const name of GATEWAYS) await renew(scene[name], name, 1);
  await nextMillisecond();
  server.program.kill("SIGSTOP");
  const entered = a.broker.presence.enter("room", someone("dan"));
  // As each does when it has waited for an answer for too long.
  proxy.reset();
  for (const { broker, observer } of [reader, a, b]) await observer.untilLink(broker, "down");
  await b.broker.close();
  server.program.kill("SIGCONT");
  await comeBack(scene, ["reader", "a"]);
  valueOf(await entered);
  expect(await idsOn(reader, "room")).toEqual(["ann", "bob", "cid", "dan"]);
  await calmDown(scene, ["reader", "a"]);
  expect(await toldUntilSentinel(reader, "room")).toEqual(["reset", "+dan", "-cid"]);
  expect(await idsOn(reader, "room")).toEqual(["ann", "bob", "dan"]);
});
