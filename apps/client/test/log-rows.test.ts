/** What stands in the log, and in which order. */

import { expect, test } from "vitest";
import { type LogContent, logRows, sharedNames } from "../src/chat/log-rows.ts";
import { entryOf, gapAt, saidBy } from "./entries.ts";

function rows(content: Partial<LogContent>): readonly string[] {
  const all = {
    entries: [],
    isTalk: true,
    notes: [],
    newFrom: undefined,
    selfKey: "guest me",
    twins: new Set<string>(),
  };
  return logRows({ ...all, ...content }).map((row) => {
    if (row.kind !== "said") return row.kind;
    return [row.kind, row.isMore && "more", row.isOwn && "own", row.hasTwin && "twin"]
      .filter(Boolean)
      .join(" ");
  });
}

const MINUTE_MS = 60_000;

const note = (id: number, afterKey: number) => ({ id, afterKey, moves: [] });

test("what one says in a row stands together, unless much time or something else lies between", () => {
  const entries = [
    saidBy(1, "ann"),
    saidBy(2, "ann"),
    saidBy(3, "ann", "later", { time: 1_000_000 + 6 * MINUTE_MS }),
    gapAt(4),
    saidBy(5, "ann", "behind the gap", { time: 1_000_000 + 6 * MINUTE_MS }),
    saidBy(6, "me", "mine", { time: 1_000_000 + 6 * MINUTE_MS }),
  ];
  expect(rows({ entries })).toEqual(["day", "said", "said more", "said", "gap", "said", "said own"]);
});

test("one who claims an id is never together with the user whose id that is", () => {
  const entries = [saidBy(1, "7", "verified", { sender: "7" }), saidBy(2, "7", "claimed")];
  expect(rows({ entries, selfKey: "user 7" })).toEqual(["day", "said own", "said"]);
});

test("what is no message of a person is shown as it came, and so is all where nobody talks", () => {
  const entries = [entryOf(1, "bare"), entryOf(2, { text: "no name" }), saidBy(3, "ann")];
  expect(rows({ entries })).toEqual(["day", "raw", "raw", "said"]);
  expect(rows({ entries, isTalk: false })).toEqual(["day", "raw", "raw", "raw"]);
});

test("who came and went stands behind what was there then, and the line before what is new", () => {
  const entries = [saidBy(1, "ann"), saidBy(2, "ann"), saidBy(3, "ann")];
  expect(rows({ entries, notes: [note(1, 0), note(2, 2), note(3, 3)], newFrom: 2 })).toEqual([
    "moves",
    "day",
    "said",
    "new",
    "said",
    "moves",
    "said",
    "moves",
  ]);
});

test("older messages that are fetched later come before a note of this visit", () => {
  const entries = [saidBy(-2, "ann"), saidBy(1, "ann")];
  expect(rows({ entries, notes: [note(1, 0)] })).toEqual(["day", "said", "moves", "said"]);
});

test("another day is said", () => {
  const entries = [saidBy(1, "ann"), saidBy(2, "ann", "x", { time: 1_000_000 + 48 * 60 * MINUTE_MS })];
  expect(rows({ entries })).toEqual(["day", "said", "day", "said"]);
});

test("a name that two people have is marked, whatever its case", () => {
  const people = [
    { key: "guest a", name: "Zoë" },
    { key: "guest b", name: "ZOË" },
    { key: "guest c", name: "Ann" },
    { key: "guest c", name: "Ann" },
  ];
  expect([...sharedNames(people)]).toEqual(["zoë"]);
  expect(rows({ entries: [saidBy(1, "ann")], twins: new Set(["ann"]) })).toEqual(["day", "said twin"]);
});

test("names that look the same are one name, however they are written", () => {
  const zoë = "Zoë".normalize("NFC");
  for (const name of [zoë.normalize("NFD"), "Ｚoë", "Zоë", "Z o\u034Fë", "z0ë", "Ζoë"]) {
    expect([...sharedNames(named(zoë, name))]).toEqual(["zoë"]);
  }
  expect([...sharedNames([...named("Zoë", "Zoe"), ...named("Ann", "Anna")])]).toEqual([]);
});

function named(...names: readonly string[]) {
  return names.map((name) => ({ key: `guest ${name}`, name }));
}
