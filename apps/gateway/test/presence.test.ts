import { type Broker, createMemoryBroker } from "@tidewire/broker";
import { connectPlain, type V1Client } from "@tidewire/testkit";
import { describe, expect, test } from "vitest";
import {
  clientOf,
  LONG_MS,
  memberAt,
  presenceConfig,
  readPresence,
  Roster,
  rosterAt,
  startPresence,
} from "./presence-helpers.ts";
import { plainOf, post } from "./signed-in.ts";
import { startTestGateway, type TestGateway } from "./test-gateway.ts";
import { mint } from "./tokens.ts";

/** User 7, who watches. */
async function watchedBy7(gateway: TestGateway) {
  const roster = await rosterAt(gateway, "7");
  await roster.untilThere("7");
  return {
    roster,
    // Otherwise the gateway would wait for the grace.
    async [Symbol.asyncDispose]() {
      await leave(roster.client);
      await roster.client[Symbol.asyncDispose]();
    },
  };
}

async function leave(client: V1Client): Promise<void> {
  expect(await client.request("unsubscribe", { channel: "room:1" })).toMatchObject({ type: "unsubscribed" });
}

describe("on a channel with presence", () => {
  test("who wants to know is told who is there, and of everybody who comes and goes", async () => {
    await using gateway = await startPresence();
    await using watching = await watchedBy7(gateway);
    const { roster } = watching;
    await using other = await memberAt(gateway, "8", { info: { name: "Zoë" } });
    await roster.untilThere("7", "8");
    expect(roster.members.get("8")).toEqual({ name: "Zoë" });
    await leave(other);
    await roster.untilThere("7");
    await using late = await rosterAt(gateway, "9");
    await late.untilThere("7", "9");
    expect(late.told[0]).toBe("members");
    const metrics = await metricsOf(gateway);
    expect(metrics).toContain("\ntidewire_presence_members 2\n");
    expect(metrics).toContain("\ntidewire_presence_rooms 1\n");
    await roster.untilThere("7", "9");
    expect(roster.told.slice(-3)).toEqual(["joined 8", "left 8", "joined 9"]);
  });

  test("who does not want to know is told nothing, and is there all the same", async () => {
    await using gateway = await startPresence();
    await using silent = await memberAt(gateway, "8");
    await using watching = await watchedBy7With8(gateway);
    expect(watching.names).toEqual(["7", "8"]);
    await silent.request("publish", { channel: "room:1", data: "sentinel" });
    expect(await silent.pushes.next()).toMatchObject({ type: "message", data: "sentinel" });
  });

  test("a user is one member with all tabs, plain clients and readers of events, until the last is gone", async () => {
    await using gateway = await startPresence();
    await using watching = await watchedBy7(gateway);
    const tabs = [await memberAt(gateway, "8"), await memberAt(gateway, "8"), await plainOf(gateway, "8")];
    const events = new AbortController();
    const url = `${gateway.url}api/v1/events?channel=room:1&token=${await mint({ sub: "8" })}`;
    await fetch(url, { signal: events.signal });
    await watching.roster.untilThere("7", "8");
    for (const tab of tabs) await tab[Symbol.asyncDispose]();
    // Still there by the reader of events.
    await using late = await rosterAt(gateway, "9");
    await late.untilThere("7", "8", "9");
    events.abort();
    await watching.roster.untilThere("7", "9");
    expect(watching.roster.told.filter((step) => step.endsWith(" 8"))).toEqual(["joined 8", "left 8"]);
  });

  test("a server that reads events with its key is nobody", async () => {
    await using gateway = await startPresence();
    const events = new AbortController();
    const headers = { authorization: "Bearer server-key" };
    await fetch(`${gateway.url}api/v1/events?channel=room:1`, { headers, signal: events.signal });
    await using roster = await rosterAt(gateway, "7");
    await roster.untilThere("7");
    expect(roster.total).toBe(1);
    events.abort();
  });

  test("who comes back within the grace has never left", async () => {
    await using gateway = await startPresence({ presenceGraceMs: LONG_MS });
    await using watching = await watchedBy7(gateway);
    await using other = await memberAt(gateway, "9");
    await watching.roster.untilThere("7", "9");
    const first = await memberAt(gateway, "8");
    await watching.roster.untilThere("7", "8", "9");
    await first[Symbol.asyncDispose]();
    await using second = await memberAt(gateway, "8");
    await leave(other);
    await watching.roster.untilThere("7", "8");
    await leave(second);
    await watching.roster.untilThere("7");
    expect(watching.roster.told.filter((step) => step.endsWith(" 8"))).toEqual(["joined 8", "left 8"]);
  });

  test("who does not come back is let go after the grace", async () => {
    await using gateway = await startPresence({ presenceGraceMs: 200 });
    await using watching = await watchedBy7(gateway);
    const lost = await memberAt(gateway, "8");
    await watching.roster.untilThere("7", "8");
    const lostMs = performance.now();
    await lost[Symbol.asyncDispose]();
    await watching.roster.untilThere("7");
    // Not a measurement: it can't be sooner, however slow the machine.
    expect(performance.now() - lostMs).toBeGreaterThan(190);
  });

  test.each(["disconnect", "revoke"])("a user of whom a server says %s is let go at once", async (word) => {
    await using gateway = await startPresence({ presenceGraceMs: LONG_MS });
    await using watching = await watchedBy7(gateway);
    await using gone = await memberAt(gateway, "8");
    await using plain = await plainOf(gateway, "9");
    await watching.roster.untilThere("7", "8", "9");
    for (const user of ["8", "9"]) await post(gateway, `api/v1/${word}`, { user });
    await watching.roster.untilThere("7");
    const codes = (await Promise.all([gone.closed, plain.closed])).map(({ code }) => code);
    expect(codes).toEqual(word === "revoke" ? [4505, 4505] : [4005, 4005]);
  });

  test("who is disconnected before the broker has confirmed the channel never comes there", async () => {
    const held = Promise.withResolvers<void>();
    const confirmed = Promise.withResolvers<void>();
    await using gateway = await startTestGateway({
      config: presenceConfig({ presenceGraceMs: 10_000 }),
      createBroker: (handlers) => {
        const broker = createMemoryBroker(handlers);
        const subscribe: Broker["subscribe"] = async (channel) => {
          if (channel !== "room:1") return broker.subscribe(channel);
          held.resolve();
          await confirmed.promise;
          return broker.subscribe(channel);
        };
        return { ...broker, subscribe };
      },
    });
    const gone = await clientOf(gateway, "8");
    void gone.request("subscribe", { channel: "room:1" });
    await held.promise;
    // So that it does not answer the close, and its connection goes on for a while.
    gone.socket.pause();
    await post(gateway, "api/v1/disconnect", { user: "8" });
    confirmed.resolve();
    await using other = await memberAt(gateway, "9");
    const { body } = await readPresence(gateway, "channel=room:1");
    expect(body).toMatchObject({ members: [{ user: "9" }], total: 1 });
    gone.socket.resume();
    expect((await gone.closed).code).toBe(4005);
    // Otherwise the gateway would wait for the grace.
    await leave(other);
  });

  test("where nobody signs in, each connection is a member, and is gone at once", async () => {
    await using gateway = await startPresence({ presenceGraceMs: LONG_MS }, { identity: undefined });
    await using roster = await rosterAt(gateway);
    await roster.until(({ total }) => total === 1);
    const plain = await connectPlain(`${gateway.webSocketUrl}?channel=room:1`);
    await using other = await clientOf(gateway);
    await other.request("subscribe", { channel: "room:1", info: { name: "Zoë" } });
    await roster.until(({ total }) => total === 3);
    expect([...roster.members.values()]).toContainEqual({ name: "Zoë" });
    expect(new Set(roster.names).size).toBe(3);
    await plain[Symbol.asyncDispose]();
    await roster.until(({ total }) => total === 2);
  });

  test("members of a big room are not named, and are when it is small again", async () => {
    await using gateway = await startPresence({ maxShownMembers: 3 });
    await using watcher = await memberAt(gateway, "7", { presence: true });
    await new Roster(watcher).untilThere("7");
    await using clients = new AsyncDisposableStack();
    for (const user of ["1", "2", "3", "4", "5"]) clients.use(await memberAt(gateway, user));
    const big = await watcher.pushes.find(({ total }) => total === 6);
    expect(big).toEqual({ type: "presence", channel: "room:1", total: 6 });
    await using late = await memberAt(gateway, "8", { presence: true });
    expect(await late.pushes.find(({ total }) => total === 7)).toEqual({ ...big, total: 7 });
    await clients.disposeAsync();
    const roster = new Roster(watcher);
    roster.take(await watcher.pushes.find(({ type }) => type === "members"));
    await roster.untilThere("7", "8");
  });

  test("a reader that was too slow for every change gets all members anew", async () => {
    const limits = { maxBufferedBytesPerConnection: 100_000_000 };
    await using gateway = await startPresence(limits);
    await using slow = await rosterAt(gateway, "7");
    await slow.untilThere("7");
    slow.client.socket.pause();
    await using writer = await clientOf(gateway, "1");
    const data = "x".repeat(60_000);
    const buffered = async () => /^tidewire_buffered_bytes (\d+)$/m.exec(await metricsOf(gateway))?.[1];
    do await writer.request("publish", { channel: "room:1", data });
    // More than the kernels between them may still take.
    while (Number(await buffered()) < 4_000_000);
    await using quick = await rosterAt(gateway, "8");
    await quick.untilThere("7", "8");
    await using passing = await memberAt(gateway, "9");
    await quick.untilThere("7", "8", "9");
    await leave(passing);
    await quick.untilThere("7", "8");
    slow.client.socket.resume();
    await slow.untilThere("7", "8");
    // It was not told of 9, and of 8 only with all.
    expect(slow.told.at(-1)).toBe("members");
    expect(slow.told.filter((step) => / [89]$/.test(step))).toEqual([]);
    await using late = await memberAt(gateway, "6");
    await slow.untilThere("6", "7", "8");
    expect(slow.told.at(-1)).toBe("joined 6");
    expect(late.socket.readyState).toBe(late.socket.OPEN);
  });
});

test.each([{ presence: true }, { info: { name: "Zoë" } }])(
  "on a channel without presence, who asks for more with %o is told so, and hears all messages",
  async (more) => {
    await using gateway = await startPresence({}, { identity: undefined });
    await using client = await clientOf(gateway);
    const channel = "live:1";
    const subscribed = client.request("subscribe", { channel, ...more });
    const published = client.request("publish", { channel, data: "at once" });
    expect(await subscribed).toMatchObject({ type: "subscribed", channel });
    expect(await client.pushes.next()).toEqual({
      type: "presence",
      channel,
      total: 0,
      code: "unsupported",
      message: expect.any(String),
    });
    expect(await client.pushes.next()).toMatchObject({ type: "message", channel, data: "at once" });
    expect(await published).toMatchObject({ type: "published" });
  },
);

test("on a channel without presence, who asks for no more is told of messages alone", async () => {
  await using gateway = await startPresence({}, { identity: undefined });
  await using client = await clientOf(gateway);
  await client.request("subscribe", { channel: "live:1", presence: false });
  await client.request("publish", { channel: "live:1", data: "sentinel" });
  expect(await client.pushes.next()).toMatchObject({ type: "message", data: "sentinel" });
});

async function watchedBy7With8(gateway: TestGateway): Promise<Roster> {
  return (await rosterAt(gateway, "7")).untilThere("7", "8");
}

async function metricsOf({ url }: TestGateway): Promise<string> {
  return (await fetch(`${url}metrics`)).text();
}
