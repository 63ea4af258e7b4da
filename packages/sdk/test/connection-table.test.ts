import { describe, expect, test } from "vitest";
import { type ConnectionEvent, HOLDINGS, type Status, TABLE, transition } from "../src/connection-table.ts";

// Read as: in this status, this event leads there. `-` stays, `probe` stays and asks for a sign of life.
const EXPECTED = `
             begin      prepared  opened    welcomed   lost     refused  due        online     visible    close
  idle       preparing  -         -         -          -        -        -          -          -          closed
  preparing  -          opening   -         -          waiting  -        -          -          -          closed
  opening    -          -         greeting  -          waiting  stopped  -          preparing  -          closed
  greeting   -          -         -         connected  waiting  stopped  -          -          -          closed
  connected  -          -         -         -          waiting  stopped  -          probe      probe      closed
  waiting    -          -         -         -          -        -        preparing  preparing  preparing  closed
  stopped    -          -         -         -          -        -        -          -          -          closed
  closed     -          -         -         -          -        -        -          -          -          -
`;

const [events = [], ...rows] = EXPECTED.trim()
  .split("\n")
  .map((row) => row.trim().split(/\s+/));
const expected = Object.fromEntries(
  rows.map(([status = "", ...cells]) => [
    status,
    Object.fromEntries(cells.map((cell, column) => [events[column], cell])),
  ]),
);
const statuses = Object.keys(TABLE) as Status[];
const edges = statuses.flatMap((status) =>
  (Object.keys(TABLE[status]) as ConnectionEvent[]).map((event) => [status, event] as const),
);

describe("the life of a connection", () => {
  test("is this table, in which every status handles every event", () => {
    expect(TABLE).toEqual(expected);
  });

  test.each(edges)("%s on %s ends and begins just what the two statuses do not share", (status, event) => {
    const { next, ends, begins } = transition(status, event);
    const held = new Set(HOLDINGS[status]);
    for (const holding of ends) expect(held.delete(holding)).toBe(true);
    for (const holding of begins) expect(held.has(holding)).toBe(false);
    expect([...held, ...begins].toSorted()).toEqual(HOLDINGS[next].toSorted());
  });

  test("holds nothing before its beginning and after its end", () => {
    const idle = statuses.filter((status) => HOLDINGS[status].length === 0);
    expect(idle).toEqual(["idle", "stopped", "closed"]);
  });

  test("has a way out of every status that waits: a timer, a socket or a question to the application", () => {
    const waits = statuses.filter((status) => HOLDINGS[status].length > 0);
    for (const status of waits) {
      expect(HOLDINGS[status]).toEqual(expect.arrayContaining([expect.stringMatching(/token|socket|retry/)]));
    }
  });

  test("lets go of the socket before it takes another one", () => {
    expect(transition("opening", "online").ends).toContain("socket");
    expect(transition("connected", "lost").ends).toEqual(["session", "socket"]);
  });
});
