import { Inbox, type RedisServer, startRedis, TcpProxy } from "@tidewire/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connect, type ConnectOptions, type Message, type Tidewire } from "../src/index.ts";
import { type PresenceChange, presenceOf, type PresenceView } from "../src/presence/index.ts";
import { createServerClient } from "../src/server/index.ts";
import { mint, startGateway } from "./real-gateway.ts";

const KEY = "a-key-that-nobody-may-see";
/** So that a test does not wait for long. */
const SOON = { minBackoffMs: 20, maxBackoffMs: 200 };

let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis[Symbol.asyncDispose]());

/** Without a grace; the lease of a gateway that is killed ends soon, and later than its clients come back. */
function startPresent(limits: object = {}) {
  const channels = {
    "kept:*": { history: { size: 100_000 }, presence: true },
    "room:*": { presence: true },
    "plain:*": {},
  };
  const config = { channels, limits: { presenceGraceMs: 0, leaseMs: 3_000, leaseRenewMs: 500, ...limits } };
  return startGateway({ redisUrl: redis.url, isSecret: true, apiKey: KEY, config });
}

function connectAs(user: string, url: string, options: ConnectOptions = SOON): Tidewire {
  return connect(url, { ...options, getToken: () => mint(3_600, user) });
}

const namesOf = ({ current }: PresenceChange) =>
  current.isCurrent && current.members?.map(({ user }) => user).toSorted();
const are = (...names: string[]) => {
  const expected = names.join();
  return (change: PresenceChange) => String(namesOf(change)) === expected;
};

/** Wants to know who is there, and hears of each change. */
function watch(client: Tidewire, channel: string, info?: { readonly [key: string]: string }) {
  const changes = new Inbox<PresenceChange>();
  const here = presenceOf(client.channel(channel));
  const subscription = here.subscribe((change) => changes.push(change), { info });
  return { changes, here, subscription };
}

describe("on a channel of a real gateway", () => {
  test("who comes, changes and goes is told, and those who ask know", async () => {
    await using gateway = await startPresent();
    using one = connectAs("7", gateway.url);
    using other = connectAs("8", gateway.url);
    const first = watch(one, "room:1", { name: "Zoë" });
    await first.changes.find(are("7"));
    const second = watch(other, "room:1");
    await second.changes.find(are("7", "8"));
    expect(await first.changes.find(are("7", "8"))).toMatchObject({ joined: [{ user: "8" }], left: [] });
    await second.here.update({ typing: true });
    const typing = { user: "8", info: { typing: true } };
    expect(await first.changes.next()).toMatchObject({ joined: [], updated: [typing] });
    const server = createServerClient(gateway.url, { apiKey: KEY });
    const page = { total: 2, complete: true };
    expect(await server.presence("room:1")).toMatchObject(page);
    const { members, next } = await server.presence("room:1", { limit: 1 });
    const rest = await first.here.list({ after: next });
    expect([...members, ...rest.members]).toEqual(
      expect.arrayContaining([{ user: "7", info: { name: "Zoë" } }, typing]),
    );
    expect(await second.here.list({ limit: 0 })).toMatchObject({ ...page, members: [] });
    second.subscription.end();
    expect(await first.changes.next()).toMatchObject({ left: [typing], current: { total: 1 } });
    await expect(server.presence("plain:1")).rejects.toMatchObject({ code: "unsupported" });
  });

  test("messages of a live one have no gap where presence is wanted in the same turn", async () => {
    await using gateway = await startPresent();
    using client = connectAs("7", gateway.url);
    await client.channel("room:2").subscribe(() => {}).ready;
    const heard = new Inbox<unknown>();
    const room = client.channel("room:1");
    room.subscribe({ onMessage: ({ data }) => heard.push(data), onGap: () => heard.push("gap") });
    const { changes } = watch(client, "room:1");
    await changes.find(are("7"));
    await room.publish("sentinel");
    expect(await heard.next()).toBe("sentinel");
  });

  test("messages of a stream come once and in order where presence is wanted in their midst", async () => {
    await using gateway = await startPresent();
    using client = connectAs("7", gateway.url);
    using writer = connectAs("8", gateway.url);
    const heard = new Inbox<unknown>();
    const onMessage = ({ data }: Message) => heard.push(data);
    const channel = client.channel("kept:1");
    await channel.subscribe({ onMessage, onGap: () => heard.push("gap") }).ready;
    const numbers = Array.from({ length: 2_000 }, (_, index) => index);
    const published = (async () => {
      for (let from = 0; from < numbers.length; from += 100) {
        await Promise.all(
          numbers.slice(from, from + 100).map((number) => writer.channel("kept:1").publish(number)),
        );
      }
    })();
    const before = await heard.take(500);
    const { changes } = watch(client, "kept:1");
    await changes.find(are("7"));
    const after = await heard.take(numbers.length - before.length);
    await published;
    await writer.channel("kept:1").publish("sentinel");
    expect([...before, ...after, await heard.next()]).toEqual([...numbers, "sentinel"]);
  });

  test("without presence is told so, and messages come all the same, the first of its own among them", async () => {
    await using gateway = await startPresent();
    using client = connectAs("7", gateway.url);
    const { changes, here } = watch(client, "plain:1");
    const updated = here.update({ typing: true }).catch((error: unknown) => error);
    const heard = new Inbox<unknown>();
    client.channel("plain:1").subscribe(({ data }) => heard.push(data));
    void client.channel("plain:1").publish("hello");
    expect(await heard.next()).toBe("hello");
    expect(await changes.next()).toMatchObject({ current: { reason: { code: "unsupported" } } });
    expect(await updated).toMatchObject({ code: "unsupported" });
  });

  test("a big room is a number, and again a list when there are fewer", async () => {
    await using gateway = await startPresent({ maxShownMembers: 2 });
    using one = connectAs("7", gateway.url);
    using other = connectAs("8", gateway.url);
    using third = connectAs("9", gateway.url);
    const { changes } = watch(one, "room:1");
    await changes.find(are("7"));
    watch(other, "room:1");
    const { subscription } = watch(third, "room:1");
    const big = await changes.find(({ current }) => current.total === 3);
    expect(big.current).toEqual({ members: undefined, total: 3, isCurrent: true });
    subscription.end();
    await changes.find(are("7", "8"));
  });
});

/**
 * A gateway is killed: of its clients, one comes back at another and one can't. What others there are told, until the
 * killed one's lease is over; and how long it took the one to be back.
 */
async function killUnder(leaseMs: number) {
  await using left = await startPresent({ leaseMs });
  await using right = await startPresent({ leaseMs });
  await using proxy = await TcpProxy.start(left.port);
  using watcher = connectAs("7", right.url);
  using returning = connectAs("8", `ws://127.0.0.1:${proxy.port}/`);
  using stranded = connectAs("9", left.url);
  const seen = watch(watcher, "room:1");
  const back = watch(returning, "room:1", { at: "first" });
  watch(stranded, "room:1");
  await back.changes.find(are("7", "8", "9"));
  await seen.changes.find(are("7", "8", "9"));
  const updated = new Promise<readonly [string, PresenceView, Promise<void>]>((resolve) => {
    const stop = returning.onState(({ kind }) => {
      stop();
      resolve([kind, back.here.current, back.here.update({ at: "second" })]);
    });
  });
  proxy.moveTo(right.port);
  const killedAtMs = performance.now();
  left.program.kill("SIGKILL");
  const [kind, known, update] = await updated;
  await update;
  const backAfterMs = performance.now() - killedAtMs;
  const told: PresenceChange[] = [];
  do told.push(await seen.changes.next());
  while (!told.some((change) => change.left.some(({ user }) => user === "9")));
  await back.here.update({ at: "sentinel" });
  do told.push(await seen.changes.next());
  while (told.at(-1)?.updated[0]?.info?.["at"] !== "sentinel");
  return { backAfterMs, atOnce: [kind, known], told, last: back.here.current };
}

describe("a gateway that is killed", () => {
  test("takes with it who does not come back, once, and nobody else", async () => {
    let leaseMs = 3_000;
    let seen = await killUnder(leaseMs);
    // Where a machine is so slow that the lease could end before, the next one is longer.
    for (; leaseMs < 40_000 && seen.backAfterMs > leaseMs / 2; seen = await killUnder(leaseMs)) leaseMs *= 2;
    const { atOnce, told, last } = seen;
    expect(atOnce).toMatchObject(["waiting", { total: 3, isCurrent: false }]);
    expect(told.flatMap((change) => change.left.map(({ user }) => user))).toEqual(["9"]);
    expect(told.flatMap((change) => change.joined)).toEqual([]);
    expect(last).toMatchObject({ total: 2, isCurrent: true });
  });
});
