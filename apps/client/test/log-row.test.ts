/** How one row of the log is shown. */

import { createElement } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { expect, test } from "vitest";
import { LogRow } from "../src/chat/log-row.tsx";
import type { LogRow as Row } from "../src/chat/log-rows.ts";
import { messageOf } from "./entries.ts";

function markup(row: Row): string {
  return renderToStaticMarkup(createElement(LogRow, { ...row, onExpand: () => {} }));
}

function raw(data: string, facts = {}): string {
  return markup({ kind: "raw", key: "1", message: messageOf(data, facts) });
}

function said(name: string, facts = {}, hasTwin = false): string {
  const message = messageOf({ text: "<b>", name, id: "abcdefghij" }, facts);
  return markup({ kind: "said", key: "1", message, isOwn: false, isMore: false, hasTwin });
}

/** What one said who has an id alone, and somebody else the same. */
function nameless(id: string): string {
  const message = messageOf({ text: "hi", name: "", id });
  return markup({ kind: "said", key: "1", message, isOwn: false, isMore: false, hasTwin: true });
}

test("a payload is shown as it is, and never as markup", () => {
  expect(raw('{"a":  1}\n<b>')).toContain("{&quot;a&quot;:  1}\n&lt;b&gt;");
  expect(said("Zoë")).toContain("&lt;b&gt;");
});

test("what comes from anywhere has its time exact to the millisecond", () => {
  expect(raw("x", { time: Date.UTC(2026, 0, 2, 3, 4, 5, 6) })).toMatch(
    /<time dateTime="2026-01-02T03:04:05\.006Z"[^>]*>\d\d:04:05\.006<\/time>/,
  );
});

test("a time that no date can say is shown as the last one, and breaks nothing", () => {
  expect(raw("x", { time: 1e18 })).toContain('dateTime="+275760-09-13T00:00:00.000Z"');
});

test("a long one is cut, never within a character", () => {
  expect(raw(`${"x".repeat(1_999)}🌊 and more`)).toMatch(/x<button[^>]*>Show all 2,010 characters/);
});

test("binary is told by size and first bytes", () => {
  const bytes = Uint8Array.from({ length: 20 }, (_, index) => index);
  const shown = markup({ kind: "raw", key: "1", message: { channel: "channel", time: 0, bytes } });
  expect(shown).toContain("20 bytes");
  expect(shown).toContain("00 01 02");
});

test("a very long payload is cut, with a button for the rest", () => {
  const shown = raw("x".repeat(65_536));
  expect(shown).toContain("Show all 65,536 characters");
  expect(shown.length).toBeLessThan(5_000);
});

test("an empty message is not an empty row", () => {
  expect(raw("")).toContain("an empty message");
});

test("a gap says that messages may be missing, and why", () => {
  const shown = markup({ kind: "gap", key: "1", reason: "return" });
  expect(shown).toContain("Messages may be missing here.");
  expect(shown).toContain("What was published while this page was away may not have been kept.");
});

test("a verified sender is told from one who claims the same", () => {
  expect(said("7", { sender: "7" })).toContain("verified user");
  expect(said("7")).not.toContain("verified");
  expect(said("Zoë", { sender: "7" })).toContain("✓ 7");
  expect(raw("x", { sender: "7" })).toContain("user 7");
});

test("of two with one name, each has the beginning of an id beside it", () => {
  expect(said("Zoë")).not.toContain("abcdef");
  expect(said("Zoë", {}, true)).toContain("abcdef");
});

test("a guest without a name is told by an id that fits in a line, and no mark of it is the gateway's", () => {
  expect(nameless("✓ Ann\u202E\n")).not.toMatch(/[✓\u202E\n]/u);
  expect(nameless("I".repeat(60_000))).toContain(`>${"I".repeat(40)}<`);
  expect(nameless("\u202E")).toMatch(/<b[^>]*>[A-Z][a-z]+ [A-Z][a-z]+<\/b>/);
});

test("of a message of many lines the first are shown, and all of it on request", () => {
  const shown = raw("\n".repeat(3_000));
  expect(shown.match(/\n/g)).toHaveLength(99);
  expect(shown).toContain("Show all 3,000 characters");
  expect(raw(Array.from({ length: 100 }, () => "x").join("\n"))).not.toContain("Show all");
});
