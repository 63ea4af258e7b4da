/** The Streams contract as tests: whatever stands behind it must pass them all. */
import { describe, expect, test, vi } from "vitest";
import { text, textOf, valueOf } from "./observer.ts";
import type { Opened } from "./open-broker.ts";
import { appendAll, headOf, MANY, NOT_TAILED, openStream, readAfter } from "./stream-helpers.ts";
import { streamPagesContract } from "./stream-pages-contract.ts";
import { streamSweepContract } from "./stream-sweep-contract.ts";

/** @param open opens a broker that is alone */
export function streamsContract(open: () => Promise<Opened>): void {
  const openWith = (data: readonly string[]) => openStream(open, data);

  streamPagesContract(openWith);
  streamSweepContract(open);

  describe("a follower", () => {
    test("is given what is appended from its position on, in order and once", async () => {
      await using opened = await openWith(["before"]);
      const { streams, observer, at } = opened;
      expect(await streams.follow("s", NOT_TAILED)).toEqual({ ok: true, value: at(0) });
      const sent = Array.from({ length: 500 }, (_, index) => String(index));
      const appended = await Promise.all(sent.map((each) => streams.append("s", text(each))));
      const events = await observer.stream.take(sent.length);
      const given = events.flatMap((event) => (event.kind === "entry" ? [event.entry] : []));
      expect(given.map(textOf)).toEqual(sent);
      expect(given.map(({ position }) => position)).toEqual(
        appended.map((outcome) => valueOf(outcome).position),
      );
      expect(await streams.follow("s", NOT_TAILED)).toEqual({ ok: true, value: given.at(-1)?.position });
    });

    test("is never given anything from inside append", async () => {
      await using opened = await openWith([]);
      const { streams, observer } = opened;
      await streams.follow("s", NOT_TAILED);
      let isAppending = true;
      const seen = new Promise<boolean>((resolve) => {
        vi.spyOn(observer.stream, "push").mockImplementation(() => resolve(isAppending));
      });
      const appended = streams.append("s", text("now"));
      isAppending = false;
      await appended;
      expect(await seen).toBe(false);
    });

    test("gets sender, format, origin and every byte", async () => {
      await using opened = await openWith([]);
      const { streams, observer, start } = opened;
      await streams.follow("s", NOT_TAILED);
      const payload = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
      const publications = [
        { payload },
        { payload: Buffer.alloc(0) },
        { payload: Buffer.from('\u0001tw1{"sender":"root"}\u0002data') },
        { payload, sender: "användare\n\u0001", format: "json", origin: "connection" },
      ] as const;
      for (const publication of publications) await streams.append("s", publication);
      const events = await observer.stream.take(publications.length);
      const given = events.map((event) => event.kind === "entry" && event.entry.publication);
      expect(given).toEqual(publications);
      const { entries } = await readAfter(streams, start);
      expect(entries.map(({ publication }) => publication)).toEqual(publications);
    });

    test("is given nothing of other channels, and nothing once it has ended", async () => {
      await using opened = await openWith([]);
      const { streams, observer } = opened;
      await streams.follow("s", NOT_TAILED);
      await streams.follow("other", NOT_TAILED);
      await streams.append("third", text("elsewhere"));
      streams.unfollow("s");
      await streams.append("s", text("too late"));
      await streams.append("other", text("sentinel"));
      expect(await observer.told()).toEqual(["sentinel"]);
    });

    test("that comes again begins where the stream is then", async () => {
      await using opened = await openWith([]);
      const { streams, observer } = opened;
      for (let round = 0; round < 20; round += 1) {
        await streams.follow("s", NOT_TAILED);
        streams.unfollow("s");
        const [missed] = await appendAll(streams, "s", ["missed"]);
        expect(await streams.follow("s", NOT_TAILED)).toEqual({ ok: true, value: missed });
        await streams.append("s", text(`round ${round}`));
        expect(await observer.told()).toEqual([`round ${round}`]);
        streams.unfollow("s");
      }
    });

    test("is not given what was published without being appended, and it is told of it", async () => {
      await using opened = await openWith([]);
      const { broker, streams, observer } = opened;
      await streams.follow("s", NOT_TAILED);
      expect(await broker.publish("s", text("stray"))).toEqual({ ok: true, value: 1 });
      expect(await observer.told()).toEqual(["stray"]);
      await streams.append("s", text("sentinel"));
      expect(await observer.told()).toEqual(["sentinel"]);
      await broker.subscribe("live");
      await broker.publish("live", text("first of all"));
      expect(await observer.text()).toBe("first of all");
    });
  });

  describe("what is kept", () => {
    test("is limited by length where retention says so, and only there", async () => {
      await using opened = await openWith(["a", "b", "c"]);
      const { streams, read } = opened;
      await streams.append("s", text("d"));
      expect((await read({ kind: "last" })).texts).toEqual(["a", "b", "c", "d"]);
      await streams.append("s", text("e"), { retention: { maxLength: 2 } });
      expect((await read({ kind: "last" })).texts).toEqual(["d", "e"]);
    });

    test("is given to followers also when it is trimmed at once", async () => {
      await using opened = await openWith([]);
      const { streams, observer } = opened;
      await streams.follow("s", NOT_TAILED);
      const sent = Array.from({ length: 20 }, (_, index) => String(index));
      await Promise.all(sent.map((each) => streams.append("s", text(each), { retention: { maxLength: 1 } })));
      expect(await observer.told(sent.length)).toEqual(sent);
    });

    test("is trimmed by age, and the last id stays a good position", async () => {
      await using opened = await openWith(["a", "b"]);
      const { streams, observer, read, at } = opened;
      await streams.follow("s", NOT_TAILED);
      await streams.trim("s", { maxAgeMs: 600_000 });
      expect((await read({ kind: "last" })).texts).toEqual(["a", "b"]);
      const readAfterAppending = async () => {
        await streams.append("other", text("x"), { retention: { maxAgeMs: 1 } });
        await streams.append("s", text("c"), { retention: { maxAgeMs: 1 } });
        return (await read({ kind: "last" })).texts;
      };
      await expect.poll(readAfterAppending).not.toContain("a");
      expect(await read({ kind: "after", position: at(0) })).toMatchObject({ isComplete: false });
      const head = await headOf(streams, "s");
      expect(await read({ kind: "after", position: head })).toMatchObject({ texts: [], isComplete: true });
      expect(await observer.told()).toEqual(["c"]);
    });

    test("of one channel may be trimmed when nobody appends", async () => {
      await using opened = await openWith(["a", "b"]);
      const { streams, observer, read, at } = opened;
      await streams.follow("s", NOT_TAILED);
      const quiet = { kind: "after", position: at(1) } as const;
      // A moment of their own each: what is as old as the limit stays.
      const tick = async () => {
        await streams.append("clock", text("tick"));
        return (await headOf(streams, "clock")).id.split("-")[0];
      };
      await expect.poll(tick).not.toBe(at(1).id.split("-")[0]);
      expect(await streams.trim("s", { maxLength: 1, maxAgeMs: 0 })).toEqual({ ok: true, value: undefined });
      expect(await read(quiet)).toEqual({ texts: [], isComplete: true, hasMore: false });
      expect(await read({ kind: "last" })).toMatchObject({ texts: [] });
      await streams.append("s", text("c"));
      expect(await observer.told()).toEqual(["c"]);
    });
  });

  describe("an append with a key", () => {
    const once = { key: "order-1", by: "client", windowMs: 60_000 } as const;

    test("is done once, and every repetition is told the position of the first", async () => {
      await using opened = await openWith([]);
      const { streams, observer, read } = opened;
      await streams.follow("s", NOT_TAILED);
      const outcomes = await Promise.all(
        ["first", "again", "and again"].map((each) => streams.append("s", text(each), { once })),
      );
      const { position } = valueOf(outcomes[0] as (typeof outcomes)[0]);
      expect(position).toEqual(await headOf(streams, "s"));
      expect(outcomes.map(valueOf)).toEqual([
        { position, isDuplicate: false },
        { position, isDuplicate: true },
        { position, isDuplicate: true },
      ]);
      await streams.append("s", text("sentinel"));
      expect(await observer.told(2)).toEqual(["first", "sentinel"]);
      expect((await read({ kind: "last" })).texts).toEqual(["first", "sentinel"]);
    });

    test("is another one under another key, on another channel, by another sender, or by a server", async () => {
      await using opened = await openWith([]);
      const { streams } = opened;
      const appended = await Promise.all([
        streams.append("s", text("a"), { once }),
        streams.append("s", text("b"), { once: { ...once, key: "order-2" } }),
        streams.append("other", text("c"), { once }),
        streams.append("s", { ...text("d"), sender: "7" }, { once }),
        streams.append("s", text("e"), { once: { ...once, by: "server" } }),
      ]);
      for (const outcome of appended) expect(valueOf(outcome).isDuplicate).toBe(false);
    });

    test("keeps its place among the appends of one caller", async () => {
      await using opened = await openWith([]);
      const { streams, observer } = opened;
      await streams.follow("s", NOT_TAILED);
      const sent = Array.from({ length: 100 }, (_, index) => String(index));
      await Promise.all(
        sent.map((each, index) =>
          streams.append("s", text(each), index % 2 === 0 ? {} : { once: { ...once, key: each } }),
        ),
      );
      expect(await observer.told(sent.length)).toEqual(sent);
    });
  });

  test("a closed broker answers with closed for streams, too", async () => {
    await using opened = await openWith(["a"]);
    const { broker, streams, at } = opened;
    await streams.follow("s", NOT_TAILED);
    await broker.close();
    const stretch = { kind: "after", position: at(0) } as const;
    expect(await streams.append("s", text("late"))).toMatchObject({ error: { code: "closed" } });
    expect(await streams.read("s", { ...MANY, stretch })).toMatchObject({ error: { code: "closed" } });
    expect(await streams.follow("s", NOT_TAILED)).toMatchObject({ error: { code: "closed" } });
    expect(await streams.trim("s", {})).toMatchObject({ error: { code: "closed" } });
  });
}
