import { describe, expect, test } from "vitest";
import { compareIds, formatPosition, parsePosition } from "../src/index.ts";

const MAX = String(2n ** 64n - 1n);

describe("a position", () => {
  test.each([
    { epoch: "Az09_-aaaaaaaaaa", id: "1700000000000-0", digest: "0123abcd" },
    { epoch: "a", id: "0-0", digest: "-" },
    { epoch: "x".repeat(32), id: `${MAX}-${MAX}`, digest: "ffffffff" },
  ])("comes back from its text: $id", (position) => {
    const text = formatPosition(position);
    expect(parsePosition(text)).toEqual(position);
    expect(encodeURIComponent(text)).toBe(text);
  });

  test.each([
    "",
    "a.1-0",
    "a.1-0.0123abcd.",
    "a.1-0.0123abcd\n",
    " a.1-0.0123abcd",
    "a.1.0123abcd",
    "a.01-0.0123abcd",
    "a.1-00.0123abcd",
    "a.-1-0.0123abcd",
    "a.1e3-0.0123abcd",
    `a.${2n ** 64n}-0.0123abcd`,
    `a.0-${2n ** 64n}.0123abcd`,
    "a.1-0.0123ABCD",
    "a.1-0.0123abc",
    "a.1-0.--------",
    ".1-0.0123abcd",
    "ä.1-0.0123abcd",
    `${"x".repeat(33)}.1-0.0123abcd`,
    "x".repeat(1_000_000),
  ])("is not read from %j", (text) => {
    expect(parsePosition(text)).toBeUndefined();
  });

  test("is older or newer by its id, also where numbers are not exact", () => {
    const sorted = ["0-0", "0-1", "9-10", "10-9", "10-10", `9007199254740993-${MAX}`, "9007199254740994-0"];
    expect(sorted.toReversed().toSorted(compareIds)).toEqual(sorted);
    expect(compareIds("10-10", "10-10")).toBe(0);
  });
});
