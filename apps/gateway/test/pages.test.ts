import { describe, expect, test } from "vitest";
import { compareTexts, fillPage, firstOf, joinPages } from "../src/pages.ts";

const LETTERS = "qwertzuiopasdfghjklyxcvbnm".split("");

describe("the first of many texts", () => {
  test.each([0, 1, 5, 25, 26, 100])("are the same %i as after sorting them all", (count) => {
    expect(firstOf(LETTERS, count)).toEqual(LETTERS.toSorted(compareTexts).slice(0, count));
  });

  test("are in the order of their characters, whatever the language", () => {
    expect(firstOf(["b", "B", "a", "_", "é"], 5)).toEqual(["B", "_", "a", "b", "é"]);
  });
});

describe("a page", () => {
  test("says whether more would follow", () => {
    expect(fillPage(["a", "b"], 2, 1_000)).toEqual({ items: ["a", "b"], isMore: false });
    expect(fillPage(["a", "b", "c"], 2, 1_000)).toEqual({ items: ["a", "b"], isMore: true });
    expect(fillPage([], 2, 1_000)).toEqual({ items: [], isMore: false });
  });

  test("holds no more bytes than it may as JSON, but one item at least", () => {
    const items = Array.from({ length: 100 }, () => "ü".repeat(10));
    const { items: page, isMore } = fillPage(items, 100, 100);
    expect(Buffer.byteLength(JSON.stringify(page).slice(1, -1))).toBeLessThanOrEqual(100);
    expect({ length: page.length, isMore }).toEqual({ length: 4, isMore: true });
    expect(fillPage(items, 100, 1).items).toHaveLength(1);
  });
});

describe("pages that are joined", () => {
  test("are in order, with all that is in any of them", () => {
    const pages = [
      { items: ["a", "d"], isMore: false },
      { items: ["b", "c", "d"], isMore: false },
      { items: [], isMore: false },
    ];
    expect(joinPages(pages, compareTexts)).toEqual({ items: ["a", "b", "c", "d", "d"], isMore: false });
    expect(joinPages([], compareTexts)).toEqual({ items: [], isMore: false });
  });

  test("end where one of them ends that would go on, since something could be left out beyond", () => {
    const pages = [
      { items: ["a", "c"], isMore: true },
      { items: ["b", "d", "e"], isMore: true },
      { items: ["c", "f"], isMore: false },
    ];
    expect(joinPages(pages, compareTexts)).toEqual({ items: ["a", "b", "c", "c"], isMore: true });
  });
});
