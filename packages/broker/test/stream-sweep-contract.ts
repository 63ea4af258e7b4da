/** The part of the Streams contract that is about streams that nobody needs any more. */
import { describe, expect, test } from "vitest";
import type { Position, Retention, Streams } from "../src/index.ts";
import { text, valueOf } from "./observer.ts";
import type { Opened } from "./open-broker.ts";
import { appendAll, BRIEF, headOf, LONG, readAfter, untilSwept } from "./stream-helpers.ts";

const FOLLOWED = { isTailed: false, retention: BRIEF };

/** @param open opens a broker that is alone */
export function streamSweepContract(open: () => Promise<Opened>): void {
  describe("a stream that nobody needs any more", () => {
    test("goes with its newest entry, and from none of its positions is anything complete again", async () => {
      await using opened = await open();
      const { streams } = opened.broker;
      const [first, last] = await appendBriefly(streams);
      await untilSwept(streams, "s", () => BRIEF);
      const read = { stretch: { kind: "last" }, limit: 10, maxBytes: 100 } as const;
      expect(valueOf(await streams.read("s", read)).entries).toEqual([]);
      const anew = valueOf(await streams.follow("s", FOLLOWED));
      expect(anew).toMatchObject({ id: "0-0" });
      for (const position of [first, last]) {
        expect(position.epoch).not.toBe(anew.epoch);
        expect(await readAfter(streams, position)).toMatchObject({ entries: [], isComplete: false });
      }
      const [position] = await appendAll(streams, "s", ["c"]);
      expect(await opened.observer.told()).toEqual(["c"]);
      expect(position).toMatchObject({ epoch: anew.epoch });
    });

    test("goes when nothing was ever in it, and whoever followed it has left", async () => {
      await using opened = await open();
      const { streams } = opened.broker;
      const position = valueOf(await streams.follow("s", FOLLOWED));
      streams.unfollow("s");
      await untilSwept(streams, "s", () => BRIEF);
      expect(await readAfter(streams, position)).toMatchObject({ isComplete: false });
    });
  });

  describe("a stream stays, and goes on without a gap,", () => {
    test("while somebody follows it", async () => {
      await using opened = await open();
      const { streams } = opened.broker;
      const position = valueOf(await streams.follow("s", FOLLOWED));
      await sweepOther(streams);
      await appendAll(streams, "s", ["a"]);
      expect(await opened.observer.told()).toEqual(["a"]);
      expect(await readAfter(streams, position)).toMatchObject({ isComplete: true });
      streams.unfollow("s");
      await untilSwept(streams, "s", () => BRIEF);
    });

    test.each([
      ["while its newest entry is young enough", LONG],
      ["where nothing is too old by itself", { maxLength: 1 }],
      ["where all is kept for ever", {}],
    ])("%s", async (_name, retention) => {
      await using opened = await open();
      const { streams } = opened.broker;
      const [first, last] = await appendBriefly(streams);
      await sweepOther(streams, retention);
      expect(await headOf(streams, "s")).toEqual(last);
      expect(await readAfter(streams, last)).toMatchObject({ isComplete: true });
      expect(first.epoch).toBe(last.epoch);
    });
  });

  test("a closed broker sweeps nothing", async () => {
    await using opened = await open();
    const { broker } = opened;
    await broker.close();
    expect(await broker.streams.sweep(() => BRIEF)).toMatchObject({ error: { code: "closed" } });
  });
}

/** The positions behind two entries of a stream that was made as one that is soon too old. */
async function appendBriefly(streams: Streams): Promise<[first: Position, last: Position]> {
  await streams.append("s", text("a"), { retention: BRIEF });
  const first = await headOf(streams, "s");
  await streams.append("s", text("b"));
  return [first, await headOf(streams, "s")];
}

/** Sweeps, with a stream that goes as the proof that what else would go has gone. */
async function sweepOther(streams: Streams, retention: Retention = BRIEF): Promise<void> {
  valueOf(await streams.follow("other", FOLLOWED));
  streams.unfollow("other");
  await untilSwept(streams, "other", (channel) => (channel === "other" ? BRIEF : retention));
}
