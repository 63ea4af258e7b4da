/** The part of the Streams contract that is about reading, and when a page is complete. */
import { describe, expect, test } from "vitest";
import type { Position, ReadRequest } from "../src/index.ts";
import { text, textOf, valueOf } from "./observer.ts";
import { appendAll, headOf, MANY, NOT_TAILED, type openStream, readAfter } from "./stream-helpers.ts";

/** @param openWith opens a broker that is alone, with a stream of these entries */
export function streamPagesContract(
  openWith: (data: readonly string[]) => ReturnType<typeof openStream>,
): void {
  describe("a page", () => {
    test("after a position has what follows it, up to the limits", async () => {
      await using opened = await openWith(["a", "b", "c", "dd"]);
      const { read, at } = opened;
      const after = (index: number) => ({ kind: "after", position: at(index) }) as const;
      const whole = { isComplete: true, hasMore: false };
      expect(await read(after(-1))).toEqual({ texts: ["a", "b", "c", "dd"], ...whole });
      expect(await read(after(1))).toEqual({ texts: ["c", "dd"], ...whole });
      expect(await read(after(3))).toEqual({ texts: [], ...whole });
      const part = { isComplete: true, hasMore: true };
      expect(await read(after(0), { limit: 2 })).toEqual({ texts: ["b", "c"], ...part });
      expect(await read(after(0), { limit: 3 })).toEqual({ texts: ["b", "c", "dd"], ...whole });
      expect(await read(after(0), { maxBytes: 3 })).toEqual({ texts: ["b", "c"], ...part });
      expect(await read(after(0), { maxBytes: 4 })).toEqual({ texts: ["b", "c", "dd"], ...whole });
      expect(await read(after(2), { maxBytes: 0 })).toEqual({ texts: ["dd"], ...whole });
      expect(await read(after(0), { limit: 0 })).toEqual({ texts: [], ...part });
    });

    test("before a position has the nearest ones that precede it, the oldest first", async () => {
      await using opened = await openWith(["aa", "b", "c", "d"]);
      const { read, at } = opened;
      const before = (index: number) => ({ kind: "before", position: at(index) }) as const;
      const whole = { isComplete: true, hasMore: false };
      expect(await read(before(3))).toEqual({ texts: ["aa", "b", "c"], ...whole });
      expect(await read(before(0))).toEqual({ texts: [], ...whole });
      expect(await read(before(-1))).toEqual({ texts: [], ...whole });
      const part = { isComplete: true, hasMore: true };
      expect(await read(before(3), { limit: 2 })).toEqual({ texts: ["b", "c"], ...part });
      expect(await read(before(3), { maxBytes: 3 })).toEqual({ texts: ["b", "c"], ...part });
      expect(await read(before(1), { maxBytes: 0 })).toEqual({ texts: ["aa"], ...whole });
      expect(await read(before(1), { limit: 0 })).toEqual({ texts: [], ...part });
    });

    test("of the last ones ends at the head", async () => {
      await using opened = await openWith(["a", "b", "c"]);
      const { streams, read, at } = opened;
      const whole = { isComplete: true, hasMore: false };
      expect(await read({ kind: "last" })).toEqual({ texts: ["a", "b", "c"], ...whole });
      expect(await read({ kind: "last" }, { limit: 2 })).toMatchObject({ texts: ["b", "c"], hasMore: true });
      expect(await read({ kind: "last" }, { maxBytes: 1 })).toMatchObject({ texts: ["c"], hasMore: true });
      expect(await headOf(streams, "s")).toEqual(at(2));
    });

    test("of a channel that nobody has appended to is empty, and has a head to start from", async () => {
      await using opened = await openWith([]);
      const { streams, read, start } = opened;
      expect(await headOf(streams, "s")).toEqual(start);
      const whole = { isComplete: true, hasMore: false };
      expect(await read({ kind: "last" })).toEqual({ texts: [], ...whole });
      expect(await read({ kind: "after", position: start })).toEqual({ texts: [], ...whole });
      await appendAll(streams, "s", ["first"]);
      expect(await read({ kind: "after", position: start })).toEqual({ texts: ["first"], ...whole });
    });

    test("of a name under which there is no stream is empty, and nothing is complete from its head", async () => {
      await using opened = await openWith([]);
      const { streams } = opened;
      const read = async (stretch: ReadRequest["stretch"]) =>
        valueOf(await streams.read("nothing", { ...MANY, stretch }));
      const empty = { entries: [], head: { id: "0-0", digest: "-" }, hasMore: false };
      const { head, ...page } = await read({ kind: "last" });
      expect({ head, ...page }).toMatchObject({ ...empty, isComplete: true });
      for (const kind of ["after", "before"] as const) {
        const again = await read({ kind, position: head });
        expect(again).toMatchObject({ ...empty, isComplete: false });
        expect(again.head.epoch).not.toBe(head.epoch);
      }
      await appendAll(streams, "nothing", ["first"]);
      for (const kind of ["after", "before"] as const) {
        expect(await read({ kind, position: head })).toMatchObject({ isComplete: false });
      }
      expect(await read({ kind: "last" })).toMatchObject({ entries: { length: 1 }, isComplete: true });
    });

    test("leads with others through the whole stream, each entry once", async () => {
      const data = Array.from({ length: 100 }, (_, index) => String(index));
      await using opened = await openWith(data);
      const { streams, start } = opened;
      const seen: string[] = [];
      let position = start;
      for (;;) {
        const page = await readAfter(streams, position, { limit: 7 });
        expect(page.isComplete).toBe(true);
        seen.push(...page.entries.map(textOf));
        position = page.entries.at(-1)?.position ?? position;
        if (!page.hasMore) break;
      }
      expect(seen).toEqual(data);
    });
  });

  describe("a page of a stream that was trimmed", () => {
    test("is complete as the last ones, or before a position that is there, though it says not what preceded", async () => {
      await using opened = await openWith(["a", "b", "c"]);
      const { streams, read, at } = opened;
      await streams.append("s", text("d"), { retention: { maxLength: 2 } });
      const before = (index: number) => ({ kind: "before", position: at(index) }) as const;
      const whole = { isComplete: true, hasMore: false };
      expect(await read({ kind: "last" })).toEqual({ texts: ["c", "d"], ...whole });
      expect(await read(before(2))).toEqual({ texts: [], ...whole });
      for (const index of [-1, 0, 1]) {
        expect(await read(before(index))).toEqual({ texts: [], isComplete: false, hasMore: false });
      }
      const head = await headOf(streams, "s");
      expect(await read({ kind: "before", position: head })).toEqual({ texts: ["c"], ...whole });
      await streams.trim("s", { maxLength: 0 });
      expect(await read({ kind: "last" })).toEqual({ texts: [], ...whole });
      expect(await read({ kind: "before", position: head })).toEqual({ texts: [], ...whole });
      expect(await read(before(2))).toEqual({ texts: [], isComplete: false, hasMore: false });
    });
  });

  describe("a page is not complete", () => {
    test.each([
      ["in another epoch", (position: Position) => ({ ...position, epoch: "elsewhere" })],
      ["of other content", (position: Position) => ({ ...position, digest: "00000000" })],
      ["without a digest", (position: Position) => ({ ...position, digest: "-" })],
      ["that nothing ever had", (position: Position) => ({ ...position, id: "1-1" })],
      ["at the very beginning", (position: Position) => ({ ...position, id: "0-0" })],
      [
        "from the future",
        (position: Position) => ({ ...position, id: "18446744073709551615-18446744073709551615" }),
      ],
    ])("after, or before, a position %s", async (_name, change) => {
      await using opened = await openWith(["a", "b", "c"]);
      const { streams, observer, read, at } = opened;
      await streams.follow("s", NOT_TAILED);
      const position = change(at(1));
      expect(await read({ kind: "after", position })).toMatchObject({ isComplete: false });
      expect(await read({ kind: "before", position })).toMatchObject({ isComplete: false });
      // Nobody else is worse off for it.
      expect(await read({ kind: "after", position: at(1) })).toMatchObject({
        texts: ["c"],
        isComplete: true,
      });
      await streams.append("s", text("sentinel"));
      expect(await observer.told()).toEqual(["sentinel"]);
    });

    test("after a position that was trimmed away, and it has what there is", async () => {
      await using opened = await openWith(["a", "b", "c"]);
      const { streams, read, at } = opened;
      await streams.append("s", text("d"), { retention: { maxLength: 2 } });
      for (const index of [-1, 0]) {
        expect(await read({ kind: "after", position: at(index) })).toMatchObject({
          texts: ["c", "d"],
          isComplete: false,
        });
      }
      expect(await read({ kind: "after", position: at(2) })).toMatchObject({
        texts: ["d"],
        isComplete: true,
      });
    });
  });
}
