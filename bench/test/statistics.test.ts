import { describe, expect, test } from "vitest";
import { median, ratioToLimit, summarise, tabulate } from "../src/statistics.ts";
import { resultWith, runOf, summaryWith, workloadNamed } from "./results.ts";

const SERVERS = [
  { name: "limit", title: "Limit" },
  { name: "gateway", title: "Tidewire" },
  { name: "ws", title: "ws" },
];

describe("the median", () => {
  test.each([
    { values: [5], middle: 5 },
    { values: [9, 1, 5], middle: 5 },
    { values: [10, 1, 4, 100], middle: 7 },
    { values: [100, 20], middle: 60 },
  ])("of $values is $middle", ({ values, middle }) => {
    expect(median(values)).toBe(middle);
  });

  test("of nothing is an error", () => {
    expect(() => median([])).toThrow("the median of nothing");
  });
});

describe("a summary", () => {
  test("has medians of figures, and sums of what went wrong", () => {
    const summary = summarise([
      resultWith({ deliveriesPerSecond: 10, p99Ms: 5, lost: 1, late: 2, delivered: 100 }),
      resultWith({ deliveriesPerSecond: 30, p99Ms: 1, duplicates: 3, reordered: 4, delivered: 200 }),
      resultWith({ deliveriesPerSecond: 20, p99Ms: 9, lost: 10, stray: 5, closed: 6, delivered: 300 }),
    ]);

    expect(summary).toMatchObject({ deliveriesPerSecond: 20, p99Ms: 5, delivered: 600, runs: 3 });
    expect(summary).toMatchObject({ lost: 11, late: 2, duplicates: 3, reordered: 4, stray: 5, closed: 6 });
  });

  test("of no run is none", () => {
    expect(summarise([])).toBeUndefined();
  });
});

describe("the ratio to the limit", () => {
  test("says how many times the limit's figure that of a server is", () => {
    expect(
      ratioToLimit(
        "deliveriesPerSecond",
        summaryWith({ deliveriesPerSecond: 30 }),
        summaryWith({ deliveriesPerSecond: 120 }),
      ),
    ).toBe(0.25);
  });

  test.each([
    { what: "no limit", limit: undefined, value: 5 },
    { what: "a limit of 0", limit: summaryWith({ deliveriesPerSecond: 0 }), value: 5 },
    { what: "a figure of 0", limit: summaryWith({ deliveriesPerSecond: 5 }), value: 0 },
  ])("is not told with $what", ({ limit, value }) => {
    expect(
      ratioToLimit("deliveriesPerSecond", summaryWith({ deliveriesPerSecond: value }), limit),
    ).toBeUndefined();
  });
});

describe("a table", () => {
  const closed = workloadNamed("closed");

  test("has a row for each server that ran in this workload, in the order of the servers", () => {
    const runs = [runOf("ws"), runOf("limit", {}, "idle"), runOf("gateway")];

    expect(tabulate(closed, SERVERS, runs).rows.map(({ name }) => name)).toEqual(["gateway", "ws"]);
  });

  test("compares with the median of the limit's runs", () => {
    const limits = [50, 100, 900].map((deliveriesPerSecond) => runOf("limit", { deliveriesPerSecond }));
    const runs = [...limits, runOf("gateway", { deliveriesPerSecond: 80 })];

    expect(tabulate(closed, SERVERS, runs).rows.map(({ ratio }) => ratio)).toEqual([1, 0.8]);
  });

  test("has the runs that succeeded, and why another one failed", () => {
    const failed = { workload: "closed", server: "ws", round: 2, failure: "it fell over" };

    const [row] = tabulate(closed, SERVERS, [runOf("ws"), failed]).rows;

    expect(row).toMatchObject({ failure: "it fell over", summary: { runs: 1 } });
  });

  test("has a row without figures for a server of which every run failed", () => {
    const failed = { workload: "closed", server: "ws", round: 1, failure: "it fell over" };

    expect(tabulate(closed, SERVERS, [failed]).rows).toEqual([
      { name: "ws", title: "ws", summary: undefined, ratio: undefined, failure: "it fell over" },
    ]);
  });
});
