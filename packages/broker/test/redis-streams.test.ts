/** Streams on one Redis that does not fail: several brokers, and other programs beside them. */
import { type RedisServer, startRedis } from "@tidewire/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openRedisWriter } from "../src/index.ts";
import { text, textOf, valueOf } from "./observer.ts";
import { openRawClient, openReadyBroker, targetOf } from "./open-broker.ts";
import {
  appendAll,
  headOf,
  makeStream,
  MANY,
  NOT_TAILED,
  openPair,
  readAfter,
  SELDOM,
} from "./stream-helpers.ts";
import { streamsContract } from "./streams-contract.ts";

let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis[Symbol.asyncDispose]());

describe("the Redis broker keeps streams", () => {
  let round = 0;
  streamsContract(() => {
    round += 1;
    return openReadyBroker(redis.url, `contract-${round}:`);
  });
});

describe("two brokers on one Redis", () => {
  test("give all that both append, once, and in the order of the stream", async () => {
    await using opened = await openPair(redis.url, "both:");
    const { here, there } = opened;
    const start = await makeStream(here.broker.streams, "s");
    for (const { broker } of [here, there]) await broker.streams.follow("s", NOT_TAILED);
    const sent = Array.from({ length: 1_000 }, (_, index) => String(index));
    await Promise.all(
      sent.map((each, index) => (index % 3 === 0 ? here : there).broker.streams.append("s", text(each))),
    );
    const page = await readAfter(here.broker.streams, start, { limit: 1_000 });
    const kept = page.entries.map(textOf);
    expect(kept.toSorted((a, b) => Number(a) - Number(b))).toEqual(sent);
    for (const { observer } of [here, there]) {
      const events = await observer.stream.take(sent.length);
      expect(events.map((event) => event.kind === "entry" && event.entry)).toEqual(page.entries);
    }
  });

  test("append what has a key once, and the other is told the position", async () => {
    await using opened = await openPair(redis.url, "keys:");
    const once = { key: "k", by: "client", windowMs: 60_000 } as const;
    const outcomes = await Promise.all(
      [opened.here, opened.there].map(({ broker }) => broker.streams.append("s", text("x"), { once })),
    );
    const [first, second] = outcomes.map(valueOf);
    expect(first?.position).toEqual(second?.position);
    expect([first?.isDuplicate, second?.isDuplicate].filter(Boolean)).toHaveLength(1);
    expect(await headOf(opened.here.broker.streams, "s")).toEqual(first?.position);
  });

  test("know a key only once its append was done", async () => {
    await using opened = await openPair(redis.url, "failed:");
    const { here, raw } = opened;
    const once = { key: "k", by: "client", windowMs: 60_000 } as const;
    await raw.xadd("failed:s", "18446744073709551615-18446744073709551615", "a", "the last there can be");
    expect(await here.broker.streams.append("s", text("x"), { once })).toMatchObject({ ok: false });
    await raw.del("failed:s");
    expect(valueOf(await here.broker.streams.append("s", text("x"), { once })).isDuplicate).toBe(false);
  });

  test("keep one epoch, though they expect different things of Redis", async () => {
    await using doubtful = await openReadyBroker(redis.url, "mixed:", { streams: SELDOM });
    await using trusting = await openReadyBroker(redis.url, "mixed:", {
      streams: { ...SELDOM, isDurable: true },
    });
    const brokers = [doubtful, trusting];
    await trusting.broker.streams.follow("s", NOT_TAILED);
    const { epoch } = await headOf(doubtful.broker.streams, "s");
    for (const { broker } of [...brokers, ...brokers]) {
      const [position] = await appendAll(broker.streams, "s", ["x"]);
      expect(position?.epoch).toBe(epoch);
    }
  });

  test("make nothing on Redis by reading what is not there", async () => {
    await using opened = await openPair(redis.url, "nothing:");
    const { here, raw } = opened;
    const { streams } = here.broker;
    const head = await headOf(streams, "s");
    for (const kind of ["after", "before"] as const) {
      valueOf(await streams.read("s", { ...MANY, stretch: { kind, position: head } }));
    }
    expect(await raw.keys("nothing:*")).toEqual([]);
    // Also when only the stream is gone.
    const [position] = await appendAll(streams, "s", ["a"]);
    await raw.del("nothing:s");
    const before = await raw.hgetall("nothing:tidewire:epoch:{nothing:s}");
    expect(await headOf(streams, "s")).toMatchObject({ id: "0-0", digest: "-" });
    expect(position?.epoch).toBe(before["token"]);
    expect((await headOf(streams, "s")).epoch).not.toBe(position?.epoch);
    expect(await raw.exists("nothing:s")).toBe(0);
    expect(await raw.hgetall("nothing:tidewire:epoch:{nothing:s}")).toEqual(before);
    await makeStream(streams, "s");
    expect(await raw.exists("nothing:s")).toBe(1);
  });

  test("keep apart under different prefixes", async () => {
    await using here = await openReadyBroker(redis.url, "a:");
    await using there = await openReadyBroker(redis.url, "b:");
    for (const { broker } of [here, there]) await broker.streams.follow("s", NOT_TAILED);
    await here.broker.streams.append("s", text("for a"));
    await there.broker.streams.append("s", text("for b"));
    expect([await here.observer.told(), await there.observer.told()]).toEqual([["for a"], ["for b"]]);
  });
});

describe("another program on the same Redis", () => {
  test("finds plain entries, with the metadata beside them", async () => {
    await using opened = await openPair(redis.url, "plain:");
    const { here, raw } = opened;
    await here.broker.streams.append("s", text("bare"));
    await here.broker.streams.append("s", { ...text("signed"), sender: "7" });
    const entries = await raw.xrange("plain:s", "-", "+");
    expect(entries.map(([, fields]) => fields)).toEqual([
      ["message", "bare"],
      ["message", "signed", "tidewire", '{"sender":"7"}'],
    ]);
  });

  test("that waits for entries is not woken when the stream is made", async () => {
    await using opened = await openPair(redis.url, "waiting:");
    const { here, there, raw } = opened;
    const waiting = raw.xread("COUNT", 10, "BLOCK", 0, "STREAMS", "waiting:s", "$");
    await using admin = openRawClient(redis.url);
    await expect.poll(() => admin.info("clients")).toContain("blocked_clients:1");
    await makeStream(here.broker.streams, "s");
    await appendAll(there.broker.streams, "s", ["first"]);
    const [[key, entries] = []] = (await waiting) ?? [];
    expect([key, entries?.map(([, fields]) => fields)]).toEqual(["waiting:s", [["message", "first"]]]);
    await raw.xgroup("CREATE", "waiting:s", "group", "0");
    const [group] = (await raw.xinfo("GROUPS", "waiting:s")) as unknown[][];
    expect(group?.at(-1)).toBe(1);
  });

  test("appends, and the next bell brings its entries first", async () => {
    await using opened = await openPair(redis.url, "raw:");
    const { here, there, raw } = opened;
    await here.broker.streams.follow("s", NOT_TAILED);
    await raw.xadd("raw:s", "*", "aaa", "1234");
    await raw.xadd("raw:s", "*", "b", "1", "a", "2");
    await there.broker.streams.append("s", text("last"));
    expect(await here.observer.told(3)).toEqual(["1234", '{"b":"1","a":"2"}', "last"]);
    await raw.xadd("raw:s", "*", "aaa", "5678");
    await raw.publish("raw:tidewire:bell:s", "");
    expect(await here.observer.told()).toEqual(["5678"]);
  });

  test("appends by the writer, which rings the bell", async () => {
    await using opened = await openPair(redis.url, "writer:");
    const { here } = opened;
    await here.broker.streams.follow("s", NOT_TAILED);
    const writer = valueOf(await openRedisWriter({ target: targetOf(redis.url), prefix: "writer:" }));
    const id = valueOf(await writer.append("s", Buffer.from("by hand")));
    writer.close();
    expect(await here.observer.stream.next()).toMatchObject({ entry: { position: { id } } });
  });

  test("appends silently, and it is found by the next check", async () => {
    await using opened = await openReadyBroker(redis.url, "silent:", { streams: { checkIntervalMs: 20 } });
    await using raw = openRawClient(redis.url);
    await Promise.all(
      Array.from({ length: 50 }, (_, index) => opened.broker.streams.follow(`s${index}`, NOT_TAILED)),
    );
    await raw.xadd("silent:s49", "*", "a", "1");
    await raw.xadd("silent:s49", "*", "a", "2");
    expect(await opened.observer.told(2)).toEqual(["1", "2"]);
  });

  test("writes what it likes: odd and huge entries come, and what is behind them", async () => {
    await using opened = await openPair(redis.url, "odd:");
    const { here, there, raw } = opened;
    await here.broker.streams.follow("s", NOT_TAILED);
    const notUtf8 = Buffer.of(0xff, 0xfe);
    const huge = Buffer.alloc(20 * 1_024 * 1_024, "x");
    await raw.xadd("odd:s", "*", "a", "1", "a", notUtf8, "message", "2");
    await raw.xadd("odd:s", "*", notUtf8, notUtf8);
    await raw.xadd("odd:s", "*", "a", huge);
    await raw.xadd("odd:s", "*", "tidewire", "{}");
    await there.broker.streams.append("s", text("behind"));
    const events = await here.observer.stream.take(5);
    const payloads = events.map((event) => event.kind === "entry" && event.entry.publication.payload);
    expect(payloads[0]?.toString()).toBe('{"a":["1",{"base64":"//4="}],"message":"2"}');
    expect(payloads[1]).toEqual(notUtf8);
    expect(huge.equals(payloads[2] as Buffer)).toBe(true);
    expect(payloads.slice(3).map(String)).toEqual(["", "behind"]);
    // The scripts and we reckon one digest, whatever the bytes.
    for (const event of events) {
      if (event.kind !== "entry") continue;
      expect(await readAfter(here.broker.streams, event.entry.position)).toMatchObject({ isComplete: true });
    }
  });

  test("can't get past the limit of a page with a field that is named like our metadata", async () => {
    await using opened = await openPair(redis.url, "sizes:");
    const { here, raw } = opened;
    const { streams } = here.broker;
    for (let count = 0; count < 4; count += 1)
      await raw.xadd("sizes:s", "*", "tidewire", "x".repeat(100_000));
    for (let count = 0; count < 4; count += 1) {
      await raw.xadd(
        "sizes:t",
        "*",
        ...Array.from({ length: 50 }, () => ["tidewire", "x".repeat(4_096)]).flat(),
      );
    }
    const request = { stretch: { kind: "last" }, limit: 100, maxBytes: 250_000 } as const;
    expect(valueOf(await streams.read("s", request))).toMatchObject({
      entries: { length: 2 },
      hasMore: true,
    });
    expect(valueOf(await streams.read("t", request))).toMatchObject({
      entries: { length: 1 },
      hasMore: true,
    });
    // What is metadata does not count.
    for (let count = 0; count < 4; count += 1)
      await streams.append("u", { ...text("x"), sender: "y".repeat(99) });
    const few = { ...request, maxBytes: 4 };
    expect(valueOf(await streams.read("u", few))).toMatchObject({ entries: { length: 4 }, hasMore: false });
  });

  test("leads nobody astray by ringing with nonsense", async () => {
    await using opened = await openPair(redis.url, "forged:");
    const { here, there, raw } = opened;
    await here.broker.streams.follow("s", NOT_TAILED);
    await raw.publish("forged:tidewire:bell:s", "nonsense\n");
    await raw.publish("forged:tidewire:bell:s", "e.5-0.- e.6-0.- \nnot in the stream");
    await there.broker.streams.append("s", text("real"));
    expect(await here.observer.told()).toEqual(["real"]);
  });

  test("keeps something else under the name: that is refused, and followers are told", async () => {
    await using opened = await openPair(redis.url, "type:");
    const { here, raw } = opened;
    const { streams } = here.broker;
    await raw.set("type:other", "text");
    const refused = { error: { code: "refused" } };
    expect(await streams.append("other", text("x"))).toMatchObject(refused);
    expect(await streams.read("other", { ...MANY, stretch: { kind: "last" } })).toMatchObject(refused);
    expect(await streams.trim("other", { maxLength: 1 })).toMatchObject(refused);
    expect(await streams.follow("other", NOT_TAILED)).toMatchObject(refused);
    await streams.follow("s", NOT_TAILED);
    await raw.set("type:s", "text");
    await raw.publish("type:tidewire:bell:s", "");
    expect(await here.observer.refusals.next()).toMatchObject({ channel: "s", error: { code: "refused" } });
    await raw.del("type:s");
    await streams.follow("s", NOT_TAILED);
    await streams.append("s", text("again"));
    expect(await here.observer.told()).toEqual(["again"]);
  });
});
