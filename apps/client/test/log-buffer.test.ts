/** The log's bound and its counts. */

import { expect, test } from "vitest";
import { LogBuffer } from "../src/log-buffer.ts";

function filled(count: number, limit = 5): LogBuffer {
  const log = new LogBuffer(limit);
  for (let n = 1; n <= count; n += 1) log.add({ kind: "text", text: `${n}` }, n);
  return log;
}

test("the newest entries stay, and the older ones are counted", () => {
  const view = filled(8).commit();
  expect(view.entries.map((entry) => entry.atMs)).toEqual([4, 5, 6, 7, 8]);
  expect(view).toMatchObject({ dropped: 3, received: 8 });
});

test("counts are right however much arrives before a commit", () => {
  const log = filled(1_003);
  log.commit();
  log.add({ kind: "text", text: "last" }, 2_000);
  const view = log.commit();
  expect(view.entries).toHaveLength(5);
  expect(view).toMatchObject({ dropped: 999, received: 1_004 });
});

test("notes, gaps and what did not come back take a place but are not messages of the channel", () => {
  const log = filled(1);
  log.add({ kind: "note", tone: "good", text: "connected" }, 2);
  log.add({ kind: "gap", reason: "return" }, 3);
  log.add({ kind: "sent", channel: "a", text: "hello" }, 4);
  const kinds = ["text", "note", "gap", "sent"].map((kind) => ({ kind }));
  expect(log.commit()).toMatchObject({ received: 1, entries: kinds });
});

test("an entry keeps its identity from view to view, and a view from commit to commit", () => {
  const log = filled(2);
  const first = log.commit();
  expect(log.commit()).toBe(first);
  log.add({ kind: "text", text: "3" }, 3);
  expect(log.commit().entries[0]).toBe(first.entries[0]);
});

test("cleared, it starts at nothing, what was waiting included", () => {
  const log = filled(9);
  log.commit();
  log.add({ kind: "text", text: "waiting" }, 10);
  log.clear();
  expect(log.commit()).toEqual({ entries: [], dropped: 0, received: 0 });
});
