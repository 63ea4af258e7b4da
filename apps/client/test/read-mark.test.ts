/** What is new to somebody. */

import { expect, test } from "vitest";
import { markAt, unreadOf } from "../src/rooms/read-mark.ts";
import { entryOf, gapAt } from "./entries.ts";

const entries = [
  entryOf(1, "a", { position: "p1", time: 10 }),
  entryOf(2, "b", { position: "p2", time: 20 }),
  gapAt(3),
  entryOf(4, "mine", { position: "p4", time: 40 }),
  entryOf(5, "c", { position: "p5", time: 50 }),
];
const isOwn = (entry: { readonly key: number }) => entry.key === 4;

test("messages of others behind what was read are new; gaps and one's own are not", () => {
  expect(unreadOf(entries, { timeMs: 0, key: 2 }, isOwn)).toEqual({ count: 1, firstKey: 5, isAllNew: false });
  expect(unreadOf(entries, { timeMs: 0, key: 5 }, isOwn)).toEqual({
    count: 0,
    firstKey: undefined,
    isAllNew: false,
  });
});

test("after a reload the position tells, whatever clocks say", () => {
  expect(unreadOf(entries, { timeMs: 99, position: "p1" }, isOwn)).toEqual({
    count: 2,
    firstKey: 2,
    isAllNew: false,
  });
});

test("where the position is not there any more, or nobody was ever here, the time does", () => {
  expect(unreadOf(entries, { timeMs: 20, position: "gone" }, isOwn)).toEqual({
    count: 1,
    firstKey: 5,
    isAllNew: false,
  });
  expect(unreadOf(entries, { timeMs: 0 }, isOwn)).toEqual({ count: 3, firstKey: 1, isAllNew: true });
});

test("where nothing in the list was read, more may be new before it", () => {
  expect(unreadOf(entries, { timeMs: 0 }, isOwn).isAllNew).toBe(true);
  expect(unreadOf(entries, { timeMs: 10 }, isOwn).isAllNew).toBe(false);
});

test("what was read is marked at the newest message", () => {
  const mark = markAt(entries, { timeMs: 0 });
  expect(mark).toEqual({ key: 5, position: "p5", timeMs: 50 });
  expect(markAt(entries, mark)).toBe(mark);
  expect(markAt([gapAt(1)], mark)).toBe(mark);
});
