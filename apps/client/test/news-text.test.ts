/** What is read out of what has come. */

import { expect, test } from "vitest";
import { newsText } from "../src/chat/news-text.ts";
import { entryOf, gapAt, saidBy } from "./entries.ts";

test("few messages are read, with who says them where people talk", () => {
  expect(newsText([saidBy(1, "ann", "hello"), entryOf(2, "bare"), entryOf(3, { a: 1 })], true)).toBe(
    'ANN: hello\nbare\n{"a":1}',
  );
  expect(newsText([entryOf(1, "hello")], false)).toBe("hello");
  expect(newsText([], true)).toBe("");
});

test("many are summed up, and a gap is told", () => {
  const entries = Array.from({ length: 1_200 }, (_, index) => saidBy(index, "ann"));
  expect(newsText(entries, true)).toBe("1,200 new messages");
  expect(newsText([gapAt(1), saidBy(2, "ann", "hello")], true)).toBe("Messages may be missing.\nANN: hello");
});

test("of a long one the beginning is read, and of a binary one that it is one", () => {
  expect(newsText([entryOf(1, "x".repeat(10_000))], false)).toBe(`${"x".repeat(200)}…`);
  const message = { channel: "channel", time: 0, bytes: new Uint8Array(3) };
  expect(newsText([{ kind: "message", key: 1, message }], false)).toBe("A binary message");
});
