import type { Position } from "@tidewire/broker";
import { CLOSE_CODES } from "@tidewire/protocol";
import { randomFrom } from "@tidewire/testkit";
import { afterEach, describe, expect, test, vi } from "vitest";
import { PLAIN } from "../src/plain-form.ts";
import { NOW } from "../src/start.ts";
import { type Reader, settled, stop, StreamWorld } from "./stream-world.ts";

function numbers(from: number, to: number): string[] {
  return Array.from({ length: to - from + 1 }, (_, index) => String(from + index));
}

afterEach(() => vi.useRealTimers());

describe("a reader of a stream channel", () => {
  test("that reads slowly is fed at its own pace, misses nothing, and is live again in the end", async () => {
    const world = new StreamWorld();
    const [slow, quick] = [await world.open(), await world.open()];
    stop(slow);
    await world.publish(...numbers(1, 100));
    await settled();
    expect(quick.words()).toEqual(numbers(1, 100));
    expect([slow.words(), slow.cursor.isLive]).toEqual([[], false]);
    slow.take();
    await settled();
    expect(slow.words()).toEqual(numbers(1, 100));
    expect(slow.cursor.isLive).toBe(true);
    await world.publish("101");
    await settled();
    expect([slow.words().at(-1), quick.words().at(-1)]).toEqual(["101", "101"]);
    expect(world.reads).toBe(0);
  });

  test("that is behind what is in memory is fed from the stream", async () => {
    const world = new StreamWorld({ maxRecentPerStream: 10 });
    const slow = await world.open();
    stop(slow);
    await world.publish(...numbers(1, 3_000));
    await settled();
    slow.take();
    await settled();
    expect(slow.words()).toEqual(numbers(1, 3_000));
    expect(slow.cursor.isLive).toBe(true);
    expect(world.reads).toBeLessThan(10);
  });

  test("that is overtaken by what is kept is told of one gap, and goes on with what is new", async () => {
    const world = new StreamWorld({ maxRecentPerStream: 10 }, 50);
    const slow = await world.open();
    await world.publish("1");
    await settled();
    stop(slow);
    await world.publish(...numbers(2, 200));
    await settled();
    slow.take();
    await settled();
    await world.publish("201");
    await settled();
    expect(slow.words()).toEqual(["1", "gap", "201"]);
  });

  test("whom nobody can tell of a gap is closed", async () => {
    const world = new StreamWorld({ maxRecentPerStream: 10 }, 50);
    const slow = await world.open(NOW, PLAIN);
    stop(slow);
    await world.publish(...numbers(1, 200));
    await settled();
    slow.take();
    await settled();
    expect(slow.connection.closedWith).toBe(CLOSE_CODES.gap);
  });

  test("is told of a gap of the channel where it comes to it", async () => {
    const world = new StreamWorld();
    const [slow, quick] = [await world.open(), await world.open()];
    await world.publish("1");
    await settled();
    stop(slow);
    const [head] = await world.publish("2");
    world.streams.onStreamGap("kept", { ...(head as Position), epoch: "anotherlife" });
    await settled();
    slow.take();
    await settled();
    expect(quick.words()).toEqual(["1", "2", "gap"]);
    // What it was behind with is of the channel's life before, which can't be read any more.
    expect(slow.words()).toEqual(["1", "gap"]);
  });

  test("that comes back to a gateway that has not heard the newest yet gets each once", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const world = new StreamWorld();
    await world.streams.subscribe("kept");
    const [first, second] = await world.publish("1", "2");
    await settled();
    world.delay();
    const [third] = await world.publish("3", "4");
    const readers: Reader[] = [];
    for (const position of [first, second, third]) {
      readers.push(await world.open({ kind: "since", position: position as Position }));
    }
    await settled();
    expect(readers.map((reader) => reader.words())).toEqual([["2"], [], []]);
    world.catchUp();
    await world.publish("5");
    vi.advanceTimersByTime(1_000);
    await settled();
    expect(readers.map((reader) => reader.words())).toEqual([numbers(2, 5), numbers(3, 5), numbers(4, 5)]);
  });

  test("whose entries can't be written for a bug loses its connection, and no other does", async () => {
    const world = new StreamWorld();
    const bug = new TypeError("a bug");
    const faulty = {
      ...PLAIN,
      encode: () => {
        throw bug;
      },
    };
    const [position] = await world.publish("1");
    await world.publish("2");
    const [broken, sound] = [
      await world.open({ kind: "since", position: position as Position }, faulty),
      await world.open({ kind: "since", position: position as Position }),
    ];
    await settled();
    expect(broken.connection.bugs).toEqual([bug]);
    expect(sound.words()).toEqual(["2"]);
  });

  test("gets nothing after it has ended, whatever was under way", async () => {
    const world = new StreamWorld({ maxRecentPerStream: 1 });
    const reader = await world.open();
    stop(reader);
    await world.publish(...numbers(1, 100));
    await settled();
    reader.take();
    reader.cursor.end();
    await settled();
    await world.publish("sentinel");
    await settled();
    expect(reader.words()).toEqual([]);
    expect(world.streams.get("kept")?.cursors.size).toBe(0);
  });
});

describe("a channel that the broker gave up", () => {
  test("begins anew when it is wanted again, and what came meanwhile is not left out", async () => {
    const world = new StreamWorld();
    const reader = await world.open();
    const [position] = await world.publish("1");
    await settled();
    world.giveUp();
    reader.cursor.end();
    await world.publish("2", "3");
    const back = await world.open({ kind: "since", position: position as Position });
    await world.publish("4");
    await settled();
    expect(back.words()).toEqual(["2", "3", "4"]);
  });

  test("while a reader was waiting for what it missed is not open to it", async () => {
    const world = new StreamWorld({ maxRecentPerStream: 1 });
    const [position] = await world.publish(...numbers(1, 10));
    await world.streams.subscribe("kept");
    const opening = world.streams.get("kept")?.open({ kind: "since", position: position as Position });
    world.giveUp();
    expect(await opening).toMatchObject({ ok: false, error: { code: "unavailable" } });
  });
});

describe("thousands that come back at once", () => {
  test("are served with a few reads, wherever each of them was", async () => {
    const world = new StreamWorld();
    const positions = await world.publish(...numbers(1, 500));
    const readers = await Promise.all(
      positions.flatMap((position) => [1, 2, 3, 4].map(() => world.open({ kind: "since", position }))),
    );
    await world.publish("501");
    await settled();
    for (const [index, reader] of readers.entries()) {
      expect(reader.words()).toEqual(numbers(Math.floor(index / 4) + 2, 501));
    }
    expect(world.reads).toBeLessThan(10);
  });

  test("are served with a few reads, too, when they ask for the last ones", async () => {
    const world = new StreamWorld();
    await world.publish(...numbers(1, 100));
    const readers = await Promise.all(
      numbers(1, 1_000).map((count) => world.open({ kind: "last", count: (Number(count) % 90) + 1 })),
    );
    await settled();
    for (const [index, reader] of readers.entries()) {
      expect(reader.words()).toEqual(numbers(100 - ((index + 1) % 90), 100));
    }
    expect(world.reads).toBeLessThan(10);
  });
});

describe("what is kept in memory", () => {
  test("is bounded over all channels, and what is given up is read again", async () => {
    const world = new StreamWorld({ maxRecentBytes: 100_000, maxRecentPerStream: 1_000 });
    const reader = await world.open();
    stop(reader);
    await world.publish(...numbers(1, 1_000));
    await settled();
    expect(world.streams.counts.recentBytes).toBeLessThan(120_000);
    reader.take();
    await settled();
    expect(reader.words()).toEqual(numbers(1, 1_000));
  });

  test("is bounded, too, when it was read for those who come back", async () => {
    const world = new StreamWorld({ maxRecentBytes: 100_000 });
    await world.publish(...numbers(1, 1_000));
    const reader = await world.open({ kind: "last", count: 1_000 });
    await settled();
    expect(reader.words()).toEqual(numbers(1, 1_000));
    expect(world.streams.counts.recentBytes).toBeLessThan(120_000);
  });
});

describe("readers of all kinds", () => {
  test.each([1, 2, 3, 4, 5, 6, 7, 8])(
    "get everything once and in order, or a gap, by chance %i",
    async (seed) => {
      const random = randomFrom(seed);
      const below = (limit: number) => Math.floor(random() * limit);
      const world = new StreamWorld({ maxRecentPerStream: 1 + below(20) }, 40);
      const readers: { reader: Reader; from: number }[] = [];
      const positions: Position[] = [];
      for (let step = 0; step < 400; step += 1) {
        const { reader } = readers[below(readers.length)] ?? {};
        switch (below(6)) {
          case 0:
            readers.push({ reader: await world.open(), from: positions.length });
            break;
          case 1:
            if (reader) stop(reader);
            break;
          case 2:
            reader?.take();
            break;
          case 3: {
            const from = Math.max(0, positions.length - below(30));
            const position = positions[from - 1];
            if (position) readers.push({ reader: await world.open({ kind: "since", position }), from });
            break;
          }
          default:
            positions.push(
              ...(await world.publish(...numbers(positions.length + 1, positions.length + 1 + below(9)))),
            );
            if (below(2) === 0) await settled();
        }
      }
      await settled();
      for (const { reader } of readers) reader.take();
      await settled();
      for (const { reader, from } of readers) {
        expect(judge(reader.words(), from, positions.length)).toBe("sound");
      }
    },
  );
});

/** Whether each word is the one right behind the one before it, gaps apart, up to the last one. */
function judge(words: readonly string[], from: number, last: number): string {
  let expected: number | undefined = from + 1;
  for (const word of words) {
    if (word === "gap") expected = undefined;
    else if (expected !== undefined && Number(word) !== expected) return `${word} instead of ${expected}`;
    else expected = Number(word) + 1;
  }
  return expected === undefined || expected === last + 1
    ? "sound"
    : `nothing behind ${expected - 1} of ${last}`;
}
