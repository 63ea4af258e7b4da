import { createMemoryBroker, type Presence } from "@tidewire/broker";
import { describe, expect, test } from "vitest";
import {
  clientOf,
  LONG_MS,
  memberAt,
  type Named,
  nameOf,
  presenceConfig,
  readPresence,
  Roster,
  rosterAt,
  startPresence,
} from "./presence-helpers.ts";
import { startTestGateway, testConfig } from "./test-gateway.ts";
import { mint } from "./tokens.ts";

const TOO_LARGE = { x: "x".repeat(1_017) };
const LARGEST = { x: "x".repeat(1_016) };

function names({ members }: Readonly<Record<string, unknown>>): string[] {
  return (members as readonly Named[]).map(nameOf);
}

describe("the info of a member", () => {
  test("is what its token says, unless it says something else itself", async () => {
    await using gateway = await startPresence();
    await using roster = await rosterAt(gateway, "7");
    await using plain = await gateway.connect(
      `?channel=room:1&token=${await mint({ sub: "8", claims: { info: { name: "Zoë" } } })}`,
    );
    await roster.untilThere("7", "8");
    expect(roster.members.get("8")).toEqual({ name: "Zoë" });
    await using other = await clientOf(gateway, "8", { info: { name: "Zoë" } });
    await other.request("subscribe", { channel: "room:1", info: { name: "Z", away: true } });
    await roster.until(({ told }) => told.at(-1) === "updated 8");
    expect(roster.members.get("8")).toEqual({ name: "Z", away: true });
    expect(plain.socket.readyState).toBe(plain.socket.OPEN);
  });

  test("stays when another connection of its user comes that names none", async () => {
    await using gateway = await startPresence();
    await using roster = await rosterAt(gateway, "7");
    const named = await memberAt(gateway, "8", { info: { name: "Zoë" } });
    await using other = await memberAt(gateway, "8");
    await named.request("unsubscribe", { channel: "room:1" });
    await using sentinel = await memberAt(gateway, "9");
    await roster.untilThere("7", "8", "9");
    expect(roster.members.get("8")).toEqual({ name: "Zoë" });
    expect(roster.told.filter((step) => step.endsWith(" 8"))).toEqual(["joined 8"]);
    expect([other, sentinel].map(({ socket }) => socket.readyState)).toEqual([1, 1]);
    await named[Symbol.asyncDispose]();
  });

  test("in a token that can't be public keeps nobody out, and is not told", async () => {
    await using gateway = await startPresence();
    await using roster = await rosterAt(gateway, "7");
    for (const [user, info] of [
      ["8", "a text"],
      ["9", TOO_LARGE],
    ] as const) {
      const client = await clientOf(gateway, user, { info });
      await client.request("subscribe", { channel: "room:1" });
      await roster.until(({ members }) => members.has(user));
      expect(roster.members.get(user)).toBeUndefined();
      await client[Symbol.asyncDispose]();
    }
  });

  test("is changed by update, and the last one counts", async () => {
    await using gateway = await startPresence();
    await using roster = await rosterAt(gateway, "7");
    await using other = await memberAt(gateway, "8");
    await roster.untilThere("7", "8");
    const updates = Array.from({ length: 50 }, (_, at) =>
      other.request("update", { channel: "room:1", info: { at } }),
    );
    for (const reply of await Promise.all(updates)) {
      expect(reply).toMatchObject({ type: "updated", channel: "room:1" });
    }
    await roster.until(({ members }) => (members.get("8") as { at?: number } | undefined)?.at === 49);
    expect(await other.request("update", { channel: "room:1", info: LARGEST })).toMatchObject({
      type: "updated",
    });
    await roster.until(({ members }) => JSON.stringify(members.get("8")) === JSON.stringify(LARGEST));
  });

  test("is what a new token says, wherever the client has said nothing itself", async () => {
    await using gateway = await startPresence();
    await using roster = await rosterAt(gateway, "7");
    await using elsewhere = new Roster(await memberAt(gateway, "7", { channel: "room:2", presence: true }));
    await elsewhere.untilThere("7");
    await using client = await clientOf(gateway, "8", { info: { name: "old" } });
    for (const channel of ["room:1", "room:2", "room:3"]) await client.request("subscribe", { channel });
    await client.request("update", { channel: "room:2", info: { name: "own" } });
    await client.request("unsubscribe", { channel: "room:3" });
    await client.request("subscribe", { channel: "room:3", info: { name: "own" } });
    await roster.untilThere("7", "8");
    const refresh = async (claims: Readonly<Record<string, unknown>>) =>
      client.request("refresh", { token: await mint({ sub: "8", claims }) });
    expect(await refresh({ info: { name: "new" } })).toMatchObject({ type: "refreshed" });
    await roster.until(({ told }) => told.at(-1) === "updated 8");
    expect(roster.members.get("8")).toEqual({ name: "new" });
    // The same again is nothing new, and without the claim nothing is known any more.
    for (const claims of [{ info: { name: "new" } }, {}]) await refresh(claims);
    await roster.until(({ members }) => members.get("8") === undefined);
    expect(roster.told.filter((step) => step === "updated 8")).toHaveLength(2);
    await using late = await memberAt(gateway, "9", { channel: "room:2" });
    await elsewhere.untilThere("7", "8", "9");
    expect(elsewhere.members.get("8")).toEqual({ name: "own" });
    const { body } = await readPresence(gateway, "channel=room:3");
    expect(body["members"]).toEqual([{ user: "8", info: { name: "own" } }]);
    expect(late.socket.readyState).toBe(late.socket.OPEN);
  });

  test("is refused at once when as many changes wait for the broker as one connection may have waiting", async () => {
    // As long as a client may take to connect, too: the broker has no time only once one has.
    let handshakeTimeoutMs = LONG_MS;
    const config = presenceConfig({ maxPendingRequestsPerConnection: 3 });
    const limits = {
      ...testConfig().limits,
      ...config.limits,
      get handshakeTimeoutMs() {
        return handshakeTimeoutMs;
      },
    };
    let calls = 0;
    const enter: Presence["enter"] = () => {
      calls += 1;
      return new Promise(() => {});
    };
    await using gateway = await startTestGateway({
      config: { ...config, limits },
      createBroker: (handlers) => {
        const broker = createMemoryBroker(handlers);
        const { presence } = broker;
        const rest: Omit<Presence, "enter"> = {
          leave: (channel, id) => presence.leave(channel, id),
          watch: (channel) => presence.watch(channel),
          unwatch: (channel) => presence.unwatch(channel),
          members: (channel, request) => presence.members(channel, request),
          count: (channel) => presence.count(channel),
        };
        return { ...broker, presence: { ...rest, enter } };
      },
    });
    await using client = await memberAt(gateway, "8");
    handshakeTimeoutMs = 1;
    const update = (at: number) => client.request("update", { channel: "room:1", info: { at } });
    for (const reply of [...(await Promise.all([1, 2, 3].map(update))), await update(4)]) {
      expect(reply).toMatchObject({ type: "error", code: "unavailable" });
    }
    // To come there, and three changes.
    expect(calls).toBe(1 + 3);
  });

  test("is refused where it is too large, no object, or of no use", async () => {
    await using gateway = await startPresence();
    await using client = await memberAt(gateway, "7");
    const asked: readonly (readonly [string, string, Readonly<Record<string, unknown>>])[] = [
      ["too_large", "update", { channel: "room:1", info: TOO_LARGE }],
      ["too_large", "subscribe", { channel: "room:2", info: TOO_LARGE }],
      ["bad_request", "update", { channel: "room:1", info: [] }],
      ["not_subscribed", "update", { channel: "room:2", info: {} }],
      ["unsupported", "update", { channel: "channel", info: {} }],
    ];
    for (const [code, type, fields] of asked) {
      expect(await client.request(type, fields)).toMatchObject({ type: "error", code });
    }
  });
});

describe("who asks for the members of a channel", () => {
  test("gets them in pages, each once, without being there", async () => {
    await using gateway = await startPresence();
    await using stack = new AsyncDisposableStack();
    const users = ["1", "2", "3", "4", "5"];
    const watching = stack.use(await rosterAt(gateway, "1"));
    for (const user of users.slice(1)) stack.use(await memberAt(gateway, user, { info: { user } }));
    await watching.untilThere(...users);
    await using asking = await clientOf(gateway, "6");
    const found: string[] = [];
    for (let after: unknown; ;) {
      const fields = { channel: "room:1", limit: 2, ...(after !== undefined && { after }) };
      const reply = await asking.request("presence", fields);
      expect(reply).toMatchObject({ type: "present", channel: "room:1", total: 5, complete: true });
      found.push(...names(reply));
      after = reply["next"];
      if (after === undefined) break;
    }
    expect(found).toEqual(users);
    const number = await asking.request("presence", { channel: "room:1", limit: 0 });
    expect(number).toEqual({ ...number, members: [], total: 5 });
    expect(number).not.toHaveProperty("next");
  });

  test("is refused where there is no presence, or it may not subscribe", async () => {
    await using gateway = await startPresence();
    await using client = await clientOf(gateway, "7");
    expect(await client.request("presence", { channel: "channel" })).toMatchObject({ code: "unsupported" });
    expect(await client.request("presence", { channel: "short:1" })).toMatchObject({ code: "forbidden" });
  });

  test("over HTTP gets the same, as a server or as a client that may subscribe", async () => {
    await using gateway = await startPresence();
    await using client = await memberAt(gateway, "7", { presence: true, info: { name: "Zoë" } });
    await new Roster(client).untilThere("7");
    const page = {
      channel: "room:1",
      members: [{ user: "7", info: { name: "Zoë" } }],
      total: 1,
      complete: true,
    };
    expect(await readPresence(gateway, "channel=room:1")).toEqual({ status: 200, body: page });
    const asUser = { authorization: `Bearer ${await mint({ sub: "8" })}` };
    expect(await readPresence(gateway, "channel=room:1&limit=1", asUser)).toEqual({
      status: 200,
      body: page,
    });
    expect(await readPresence(gateway, "channel=room:1&after=u:7")).toMatchObject({
      body: { members: [], total: 1 },
    });
    expect((await readPresence(gateway, "channel=short:1", asUser)).status).toBe(403);
    expect((await readPresence(gateway, "channel=room:1", {})).status).toBe(401);
    expect((await readPresence(gateway, "channel=channel")).status).toBe(501);
    for (const query of ["", "channel=room:1&limit=1001", "channel=room:1&after=", "channel=a%20b"]) {
      expect((await readPresence(gateway, query)).status).toBe(400);
    }
  });
});
