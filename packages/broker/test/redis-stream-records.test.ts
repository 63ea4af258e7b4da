/** What lies beside a stream on Redis, and what is told by it: also when other programs write there, or the stream anew. */
import { type RedisServer, startRedis } from "@tidewire/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Position, ReadRequest } from "../src/index.ts";
import { text, valueOf } from "./observer.ts";
import {
  appendAll,
  headOf,
  makeStream,
  MANY,
  NOT_TAILED,
  openPair,
  readAfter,
  summary,
} from "./stream-helpers.ts";

let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis[Symbol.asyncDispose]());

function before(position: Position | undefined) {
  return { kind: "before", position: position as Position } as const;
}

describe("another program on the same Redis", () => {
  test.each([
    ["token", ""],
    ["token", "x".repeat(33)],
    ["token", "a.b c"],
    ["token", "token\n"],
    ["added", "many"],
    ["added", "-1"],
    ["start", ""],
    ["start", "1e400"],
  ])(
    "writes nonsense beside the stream, a %s of %j: it is replaced, and all goes on",
    async (field, value) => {
      const prefix = `record-${field}-${value.length}:`;
      await using opened = await openPair(redis.url, prefix);
      const { here, there, raw } = opened;
      await here.broker.streams.follow("s", NOT_TAILED);
      const [first] = await appendAll(there.broker.streams, "s", ["a"]);
      expect(await here.observer.told()).toEqual(["a"]);
      const key = `${prefix}tidewire:epoch:{${prefix}s}`;
      await raw.hset(key, field, value);
      const [second] = await appendAll(there.broker.streams, "s", ["b"]);
      expect(second?.epoch).not.toBe(first?.epoch);
      expect(await here.observer.stream.next()).toMatchObject({ kind: "gap", head: second });
      await appendAll(there.broker.streams, "s", ["c"]);
      expect(await here.observer.told()).toEqual(["c"]);
      expect(summary(await readAfter(here.broker.streams, second as Position))).toMatchObject({
        texts: ["c"],
        isComplete: true,
      });
      expect(await raw.hget(key, field)).not.toBe(value);
    },
  );

  test("keeps something else where the epoch is recorded: that is refused, and it is said why", async () => {
    await using opened = await openPair(redis.url, "record-type:");
    const { here, raw } = opened;
    const { streams } = here.broker;
    await streams.follow("s", NOT_TAILED);
    const key = "record-type:tidewire:epoch:{record-type:s}";
    await raw.set(key, "text");
    const why = { code: "refused", message: expect.stringContaining(`the key ${key} is no hash`) };
    expect(await streams.append("s", text("x"))).toMatchObject({ error: why });
    expect(await streams.read("s", { ...MANY, stretch: { kind: "last" } })).toMatchObject({ error: why });
    await raw.publish("record-type:tidewire:bell:s", "");
    expect(await here.observer.refusals.next()).toMatchObject({ channel: "s", error: why });
  });

  test.each([
    ["few", 3],
    ["many", 101],
  ])("writes a large entry: its digest is reckoned once, with %s consumers", async (_name, consumers) => {
    const prefix = `large-${consumers}:`;
    await using opened = await openPair(redis.url, prefix);
    const { here, raw } = opened;
    const { streams } = here.broker;
    const [key, epoch] = [`${prefix}s`, `${prefix}tidewire:epoch:{${prefix}s}`];
    await appendAll(streams, "s", ["first"]);
    await raw.xgroup("CREATE", key, "group", "0");
    for (let each = 0; each < consumers; each += 1)
      await raw.xgroup("CREATECONSUMER", key, "group", `c${each}`);
    const id = await raw.xadd(key, "*", "a", "x".repeat(100_000));
    const head = await headOf(streams, "s");
    expect(await raw.hget(epoch, "last")).toBe(`${id} ${head.digest}`);
    const page = valueOf(await streams.read("s", { ...MANY, stretch: { kind: "last" } }));
    expect(page.entries.at(-1)?.position).toEqual(head);
    expect([page.isComplete, page.hasMore]).toEqual([true, false]);
    await raw.hset(epoch, "last", `${id} 01234567`);
    expect((await headOf(streams, "s")).digest).toBe("01234567");
    for (const odd of ["", "nonsense", `${id} `, `${id} ABCDEF01`, `${id} 012345678`, "1-1 01234567"]) {
      await raw.hset(epoch, "last", odd);
      expect(await headOf(streams, "s")).toEqual(head);
    }
    await appendAll(streams, "s", ["small"]);
    expect(await raw.hget(epoch, "last")).toBe("");
    expect(summary(await readAfter(streams, head))).toEqual({
      texts: ["small"],
      isComplete: true,
      hasMore: false,
    });
    const [large] = await appendAll(streams, "s", ["y".repeat(100_000)]);
    expect(await raw.hget(epoch, "last")).toBe(`${large?.id} ${large?.digest}`);
    // What was trimmed away is known as long as nothing has come after it.
    await raw.xtrim(key, "MAXLEN", 0);
    expect(await headOf(streams, "s")).toEqual(large);
    expect(summary(await readAfter(streams, head))).toEqual({ texts: [], isComplete: false, hasMore: false });
    expect(await readAfter(streams, large as Position)).toMatchObject({ isComplete: true });
  });
});

describe("a page is not complete after another program wrote its own stream anew with what was in it", () => {
  test("as long as there are fewer entries than were seen", async () => {
    await using opened = await openPair(redis.url, "anew:");
    const { raw } = opened;
    const { streams } = opened.here.broker;
    const write = async (ids: readonly string[]) => {
      for (const id of ids) await raw.xadd("anew:s", id, "a", id);
    };
    await write(["1-1", "2-1", "3-1"]);
    await headOf(streams, "s");
    await write(["4-1", "5-1"]);
    const { entries } = valueOf(await streams.read("s", { ...MANY, stretch: { kind: "last" } }));
    expect(entries).toHaveLength(5);
    const [, second] = entries.map(({ position }) => position);
    expect(await readAfter(streams, second as Position)).toMatchObject({ isComplete: true });
    await raw.del("anew:s");
    await write(["1-1", "2-1", "3-1", "4-1"]);
    expect(await readAfter(streams, second as Position)).toMatchObject({ isComplete: false });
  });

  test.each([
    ["ours", true],
    ["its own", false],
  ])("where its newest entry is a large one, and the stream was %s", async (_name, isOurs) => {
    const prefix = `anew-${isOurs}:`;
    await using opened = await openPair(redis.url, prefix);
    const { raw } = opened;
    const { streams } = opened.here.broker;
    const key = `${prefix}s`;
    if (isOurs) await makeStream(streams, "s");
    await raw.xadd(key, "1-1", "a", "x".repeat(100_000));
    const head = await headOf(streams, "s");
    expect(await readAfter(streams, head)).toMatchObject({ isComplete: true });
    await raw.del(key);
    await raw.xadd(key, "1-1", "a", "y".repeat(100_000));
    expect(await readAfter(streams, head)).toMatchObject({ isComplete: false });
  });
});

test("a page is complete back to the entry behind the newest one that was deleted, and no further", async () => {
  await using opened = await openPair(redis.url, "deleted:");
  const { streams } = opened.here.broker;
  const [a, b, c, d] = await appendAll(streams, "s", ["a", "b", "c", "d"]);
  await opened.raw.xdel("deleted:s", b?.id ?? "");
  const read = async (stretch: ReadRequest["stretch"], limit: number) => {
    const { texts, isComplete } = summary(valueOf(await streams.read("s", { ...MANY, stretch, limit })));
    return [texts.join(""), isComplete];
  };
  expect(await read({ kind: "last" }, 2)).toEqual(["cd", true]);
  expect(await read({ kind: "last" }, 3)).toEqual(["acd", false]);
  expect(await read(before(d), 1)).toEqual(["c", true]);
  expect(await read(before(d), 2)).toEqual(["ac", false]);
  expect(await read(before(c), 1)).toEqual(["a", false]);
  expect(await read(before(b), 1)).toEqual(["a", false]);
  expect(await read(before(c), 0)).toEqual(["", true]);
  expect(await read(before(a), 1)).toEqual(["", false]);
  expect(await read({ kind: "last" }, 0)).toEqual(["", true]);
});
