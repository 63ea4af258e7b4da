/** Followers of streams on Redis when something fails: nothing is missing, nothing comes twice, or a gap is told. */
import { Inbox, type RedisServer, startRedis, TcpProxy } from "@tidewire/testkit";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { text } from "./observer.ts";
import { openBroker, openRawClient, openReadyBroker } from "./open-broker.ts";
import { appendAll, headOf, NOT_TAILED, SELDOM } from "./stream-helpers.ts";

let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis[Symbol.asyncDispose]());

/** So that silence is soon noticed; a busy machine may then be taken for it, at any time. */
const QUICK = { commandTimeoutMs: 1_000, checkIntervalMs: 50, streams: SELDOM };

/** One broker behind a way that can be broken, and one beside it that appends. */
async function openBrokenWay(
  prefix: string,
  settings: Parameters<typeof openBroker>[2] = { streams: SELDOM },
) {
  const stack = new AsyncDisposableStack();
  const proxy = stack.use(await TcpProxy.start(redis.port));
  const away = stack.use(openBroker(`redis://127.0.0.1:${proxy.port}`, prefix, settings));
  await away.observer.untilLink(away.broker, "up");
  const here = stack.use(await openReadyBroker(redis.url, prefix, { streams: SELDOM }));
  return { proxy, away, here, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

describe("a follower whose link is lost", () => {
  test.each(["tidewire-subscriber", "tidewire-publisher", "tidewire"])(
    "by a cut of %s misses nothing, again and again",
    async (only) => {
      await using opened = await openBrokenWay(`cut-${only}:`);
      const { proxy, away, here } = opened;
      await away.broker.streams.follow("s", NOT_TAILED);
      const sent: string[] = [];
      for (let round = 0; round < 10; round += 1) {
        const data = Array.from({ length: 20 }, (_, index) => `${round}.${index}`);
        sent.push(...data);
        const appended = Promise.all(data.map((each) => here.broker.streams.append("s", text(each))));
        proxy.reset(only);
        await away.observer.links.find(({ state }) => state === "down");
        await appended;
        await away.observer.links.find(({ state }) => state === "up");
      }
      await here.broker.streams.append("s", text("sentinel"));
      expect(await away.observer.told(sent.length + 1)).toEqual([...sent, "sentinel"]);
    },
  );

  test.each(["tidewire-subscriber", "tidewire-publisher", "tidewire"])(
    "by silence of %s misses nothing, and a notice comes before what it is given then",
    async (only) => {
      await using opened = await openBrokenWay(`silent-${only}:`, QUICK);
      const { proxy, away, here } = opened;
      await away.broker.streams.follow("s", NOT_TAILED);
      const events = new Inbox<string>();
      const { observer } = away;
      vi.spyOn(observer.notices, "push").mockImplementation((notice) => events.push(notice));
      vi.spyOn(observer.stream, "push").mockImplementation((event) =>
        events.push(event.kind === "entry" ? event.entry.publication.payload.toString() : event.kind),
      );
      proxy.set({ blackhole: ["up", "down"], only });
      await observer.links.find(({ state }) => state === "down");
      await here.broker.post({ text: "revoked", forMs: 60_000 });
      await appendAll(here.broker.streams, "s", ["a", "b"]);
      proxy.set({});
      await observer.links.find(({ state }) => state === "up");
      await here.broker.streams.append("s", text("c"));
      const told = [await events.next()];
      while (told.at(-1) !== "c") told.push(await events.next());
      expect(told[0]).toBe("revoked");
      // The notice comes again with every connection.
      expect(told.filter((event) => event !== "revoked")).toEqual(["a", "b", "c"]);
    },
  );

  test("waits with what it wants to follow, and has it when the link is back", async () => {
    await using opened = await openBrokenWay("late:");
    const { proxy, away, here } = opened;
    proxy.set({ isRefusing: true });
    proxy.reset();
    await away.observer.links.find(({ state }) => state === "down");
    const following = away.broker.streams.follow("s", NOT_TAILED);
    const given = away.broker.streams.follow("given up", NOT_TAILED);
    away.broker.streams.unfollow("given up");
    expect(await given).toMatchObject({ error: { code: "closed" } });
    const [position] = await appendAll(here.broker.streams, "s", ["before"]);
    proxy.set({});
    expect(await following).toEqual({ ok: true, value: position });
    await here.broker.streams.append("s", text("after"));
    expect(await away.observer.told()).toEqual(["after"]);
  });

  test("in the middle of following settles all the same", async () => {
    await using opened = await openBrokenWay("flap:");
    const { proxy, away, here } = opened;
    for (let round = 0; round < 20; round += 1) {
      const following = away.broker.streams.follow(`s${round}`, NOT_TAILED);
      proxy.reset(["tidewire-publisher", "tidewire-subscriber"][round % 2]);
      expect(await following).toMatchObject({ ok: true });
      await here.broker.streams.append(`s${round}`, text(`round ${round}`));
      expect(await away.observer.told()).toEqual([`round ${round}`]);
    }
  });
});

describe("a follower is told of a gap", () => {
  test("and given what comes next, when Redis was killed and comes back empty", async () => {
    const first = await startRedis();
    await using opened = await openReadyBroker(first.url, "", { streams: SELDOM });
    const { broker, observer } = opened;
    await broker.streams.follow("s", { isTailed: true });
    await broker.streams.append("s", text("old"));
    expect(await observer.told()).toEqual(["old"]);
    await first[Symbol.asyncDispose]();
    await using second = await startRedis({ port: first.port });
    expect(second.url).toBe(broker.description);
    expect(await observer.stream.next()).toMatchObject({ kind: "gap", head: { id: "0-0" } });
    await broker.streams.append("s", text("new"));
    expect(await observer.told()).toEqual(["new"]);
    await using raw = openRawClient(second.url);
    await raw.xadd("s", "*", "a", "by another");
    expect(await observer.told()).toEqual(["by another"]);
  });

  test.each([
    ["DEL", (raw: ReturnType<typeof openRawClient>, key: string) => raw.del(key)],
    [
      "FLUSHALL of the epoch",
      (raw: ReturnType<typeof openRawClient>) => raw.del("gap:tidewire:epoch:{gap:s}"),
    ],
  ])("by the append that comes after %s, once", async (_name, lose) => {
    await using here = await openReadyBroker(redis.url, "gap:", { streams: SELDOM });
    await using raw = openRawClient(redis.url);
    const { broker, observer } = here;
    await raw.del("gap:s");
    await broker.streams.follow("s", NOT_TAILED);
    await appendAll(broker.streams, "s", ["a", "b"]);
    expect(await observer.told(2)).toEqual(["a", "b"]);
    await lose(raw, "gap:s");
    const [lost] = await appendAll(broker.streams, "s", ["lost"]);
    expect(await observer.stream.next()).toMatchObject({ kind: "gap", head: lost });
    await appendAll(broker.streams, "s", ["next"]);
    expect(await observer.told()).toEqual(["next"]);
  });

  test("when its own position is ahead of the stream, and every position of that life is over", async () => {
    await using here = await openReadyBroker(redis.url, "ahead:", { streams: { checkIntervalMs: 20 } });
    await using raw = openRawClient(redis.url);
    const { broker, observer } = here;
    await raw.xadd("ahead:s", "9000000000000-1", "a", "1");
    const before = await headOf(broker.streams, "s");
    await broker.streams.follow("s", NOT_TAILED);
    // As a program would that writes from the beginning again.
    await raw.multi().del("ahead:s").xadd("ahead:s", "1-1", "a", "1").exec();
    const gap = await observer.stream.next();
    expect(gap).toMatchObject({ kind: "gap", head: { id: "1-1" } });
    expect(gap.kind === "gap" && gap.head.epoch).not.toBe(before.epoch);
    await raw.xadd("ahead:s", "2-1", "a", "2");
    expect(await observer.told()).toEqual(["2"]);
  });

  test("when an entry that it was not given was deleted", async () => {
    await using here = await openReadyBroker(redis.url, "xdel:", { streams: SELDOM });
    await using raw = openRawClient(redis.url);
    const { broker, observer } = here;
    await broker.streams.follow("s", NOT_TAILED);
    await appendAll(broker.streams, "s", ["a"]);
    expect(await observer.told()).toEqual(["a"]);
    const id = await raw.xadd("xdel:s", "*", "a", "never seen");
    await raw.xdel("xdel:s", id ?? "");
    const [position] = await appendAll(broker.streams, "s", ["b"]);
    expect(await observer.stream.next()).toMatchObject({ kind: "gap", head: position });
  });
});

describe("a follower is not told of a gap", () => {
  test("when what it was given is trimmed away or deleted", async () => {
    await using here = await openReadyBroker(redis.url, "trim:", { streams: SELDOM });
    await using raw = openRawClient(redis.url);
    const { broker, observer } = here;
    await broker.streams.follow("s", NOT_TAILED);
    const [first] = await appendAll(broker.streams, "s", ["a"]);
    expect(await observer.told()).toEqual(["a"]);
    await raw.xdel("trim:s", first?.id ?? "");
    await appendAll(broker.streams, "s", ["b"]);
    expect(await observer.told()).toEqual(["b"]);
    await raw.xtrim("trim:s", "MAXLEN", 0);
    await appendAll(broker.streams, "s", ["c"]);
    expect(await observer.told()).toEqual(["c"]);
  });
});
