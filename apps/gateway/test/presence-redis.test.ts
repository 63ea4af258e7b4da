/** What those who want to know who is there are told when Redis forgets, or forbids it. */
import { type RedisServer, startRedis } from "@tidewire/testkit";
import { describe, expect, test } from "vitest";
import { readEvents } from "./event-reader.ts";
import { clientOf, memberAt, presenceConfig, readPresence, rosterAt } from "./presence-helpers.ts";
import { redisCli } from "./redis-cli.ts";
import { type RedisGateway, startOnRedis } from "./redis-gateway.ts";
import { endQuiet } from "./redis-hand.ts";
import { plainOf } from "./signed-in.ts";
import { mint } from "./tokens.ts";

/** Longer than any test: no lease is over by itself. */
const LASTING = { leaseMs: 600_000, leaseRenewMs: 100 };

const NOTICES = "room:1&notices=1";
/** All Pub/Sub channels but those of presence. */
const SILENT = ["resetchannels", "&room:*", "&user:*", "&tidewire:probe:*"];
const OTHERS = ["&tidewire:notice", "&tidewire:question", "&tidewire:answer:*"];

function startOn(url: string): Promise<RedisGateway> {
  return startOnRedis(url, presenceConfig(LASTING));
}

/** A Redis where the gateway is a user whose rights can be taken away. */
async function startGuarded(...rights: readonly string[]) {
  const redis = await startRedis({
    args: ["--user", "gate", "on", ">pass", "~*", "&*", "+@all", ...rights],
  });
  const url = redis.url.replace("//", "//gate:pass@");
  return { redis, url, [Symbol.asyncDispose]: () => redis[Symbol.asyncDispose]() };
}

async function forbid(redis: RedisServer, ...rights: readonly string[]): Promise<void> {
  await redisCli(redis, "ACL", "SETUSER", "gate", ...rights);
}

describe("a plain client that asks for notices", () => {
  test("is told the difference after Redis has forgotten everything", async () => {
    const server = await startRedis();
    await using one = await startOn(server.url);
    await using two = await startOn(server.url);
    await using roster = await rosterAt(one, "watcher");
    const gone = await memberAt(two, "gone");
    await using staying = await memberAt(two, "staying");
    await roster.untilThere("gone", "staying", "watcher");
    await endQuiet(server, "");
    await roster.untilCertain();
    await using plain = await plainOf(one, "7", NOTICES);
    server.program.kill("SIGKILL");
    await server.program.result;
    await one.links.find(({ state }) => state === "down");
    await gone[Symbol.asyncDispose]();
    await using again = await startRedis({ port: server.port });
    for (const { links } of [one, two]) await links.find(({ state }) => state === "up");
    const total = async () => (await readPresence(one, "channel=room:1")).body["total"];
    await expect.poll(total).toBe(3);
    await endQuiet(again, "");
    expect(JSON.parse(String(await plain.next()))).toEqual({ type: "user-left", user: "gone" });
    await using late = await memberAt(two, "late");
    expect(JSON.parse(String(await plain.next()))).toEqual({ type: "user-joined", user: "late" });
    expect([staying, late].map(({ socket }) => socket.readyState)).toEqual([1, 1]);
    expect(again.port).toBe(server.port);
  });

  test("is told from its open on, also of one who comes elsewhere", async () => {
    await using server = await startRedis();
    await using one = await startOnRedis(server.url, presenceConfig(LASTING));
    await using two = await startOnRedis(server.url, presenceConfig(LASTING));
    await using here = await clientOf(one, "8");
    await using there = await clientOf(two, "9");
    for (let round = 0; round < 30; round += 1) {
      const channel = `room:${round}`;
      await using plain = await plainOf(one, "7", `${channel}&notices=1`);
      await Promise.all([here, there].map((client) => client.request("subscribe", { channel })));
      const told = new Set([await plain.next(), await plain.next()]);
      expect([...told].map(String).toSorted()).toEqual(
        [8, 9].map((user) => `{"type":"user-joined","user":"${user}"}`),
      );
    }
  });
});

describe("where Redis forbids to watch who is there", () => {
  test("each is told so as it can be, and messages come all the same", async () => {
    await using guarded = await startGuarded(...SILENT, ...OTHERS);
    await using gateway = await startOn(guarded.url);
    await using client = await memberAt(gateway, "7", { presence: true });
    const refusal = { type: "presence", channel: "room:1", total: 0, code: "forbidden" };
    expect(await client.pushes.next()).toMatchObject(refusal);
    await client.request("publish", { channel: "room:1", data: "hello" });
    expect(await client.pushes.next()).toMatchObject({ type: "message", data: "hello" });
    const token = await mint({ sub: "8" });
    expect(await gateway.refused(`?channel=${NOTICES}&token=${token}`)).toMatchObject({
      status: 403,
      body: { error: { code: "forbidden" } },
    });
    const events = await fetch(`${gateway.url}api/v1/events?channel=room:1&presence=1&token=${token}`);
    expect([events.status, await events.json()]).toMatchObject([403, { error: { code: "forbidden" } }]);
  });

  test.each([
    ["to hear of it", [...SILENT, ...OTHERS]],
    ["to ask for it", ["-eval", "-evalsha"]],
  ])("any more %s, readers are told so, and who can't be is closed", async (_name, rights) => {
    await using guarded = await startGuarded();
    await using gateway = await startOn(guarded.url);
    await using roster = await rosterAt(gateway, "7");
    await endQuiet(guarded.redis, "");
    await roster.untilCertain();
    await using plain = await plainOf(gateway, "8", NOTICES);
    const token = await mint({ sub: "9" });
    await using reader = await readEvents(gateway, `?channel=room:1&presence=1&token=${token}`);
    await roster.untilThere("7", "8", "9");
    await forbid(guarded.redis, ...rights);
    await redisCli(guarded.redis, "CLIENT", "KILL", "TYPE", "pubsub");
    const refusal = await roster.client.pushes.find((push) => push["code"] === "forbidden");
    expect(refusal).toMatchObject({ type: "presence" });
    expect((await plain.closed).code).toBe(4500);
    const { event, data } = await reader.events.find((each) => each.data.includes("forbidden"));
    expect([event, JSON.parse(data)]).toMatchObject(["presence", { type: "presence", code: "forbidden" }]);
  });
});
