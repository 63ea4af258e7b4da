/** How one entry of the log is shown. */

import { createElement } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { expect, test } from "vitest";
import type { LogItem } from "../src/log-buffer.ts";
import { LogRow } from "../src/log-row.tsx";

function markup(item: LogItem, day?: string): string {
  const entry = { ...item, id: 1, atMs: Date.UTC(2026, 0, 2, 3, 4, 5, 6), day };
  return renderToStaticMarkup(createElement(LogRow, { entry, onExpand: () => {} }));
}

test("a payload is shown as it is, and never as markup", () => {
  expect(markup({ kind: "text", text: '{"a":  1}\n<b>' })).toContain("{&quot;a&quot;:  1}\n&lt;b&gt;");
});

test("the time is exact to the millisecond", () => {
  expect(markup({ kind: "text", text: "x" })).toMatch(
    /<time dateTime="2026-01-02T03:04:05\.006Z">\d\d:04:05\.006<\/time>/,
  );
});

test("binary is told by size and first bytes", () => {
  const shown = markup({ kind: "binary", sizeBytes: 20, preview: "00 ff …" });
  expect(shown).toContain("20 bytes");
  expect(shown).toContain("00 ff …");
});

test("a very long payload is cut, with a button for the rest", () => {
  const shown = markup({ kind: "text", text: "x".repeat(65_536) });
  expect(shown).toContain("Show all 65,536 characters");
  expect(shown.length).toBeLessThan(5_000);
});

test("an empty message is not an empty row", () => {
  expect(markup({ kind: "text", text: "" })).toContain("an empty message");
});

test("a gap says that messages may be missing, and why", () => {
  const shown = markup({ kind: "gap", reason: "return" });
  expect(shown).toContain("Messages may be missing here.");
  expect(shown).toContain("What was published while this page was away may not have been kept.");
});

test("what is older than today has its day, and a verified sender is named", () => {
  const shown = markup({ kind: "text", text: "x", sender: "7" }, "1 Jan 2026");
  expect(shown).toContain("1 Jan 2026");
  expect(shown).toContain("user 7");
});
