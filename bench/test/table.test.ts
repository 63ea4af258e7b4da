import { describe, expect, test } from "vitest";
import { type Run, tabulate } from "../src/statistics.ts";
import { formatLosses, formatNumber, toMarkdown } from "../src/table.ts";
import { runOf, summaryWith, workloadNamed } from "./results.ts";

const SERVERS = [
  { name: "limit", title: "Limit" },
  { name: "gateway", title: "Tidewire" },
];

function markdown(runs: readonly Run[], workload = "closed"): string {
  return toMarkdown(tabulate(workloadNamed(workload), SERVERS, runs));
}

/** The cells of a table, line by line, without the padding. */
function cellsOf(table: string): string[][] {
  const lines = table.split("\n").filter((line) => line.startsWith("|"));
  return lines.map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((text) => text.trim()),
  );
}

function cell(text: string, head: string, row = 0): string | undefined {
  const [heads = [], , ...rows] = cellsOf(text);
  return rows[row]?.[heads.indexOf(head)];
}

test.each([
  [1_234_567.8, 0, "1,234,568"],
  [100, 2, "100"],
  [99.126, 2, "99.13"],
  [0, 1, "0.0"],
  [-1_500.4, 1, "-1,500"],
])("the number %d with %d digits is written %s", (value, digits, text) => {
  expect(formatNumber(value, digits)).toBe(text);
});

describe("losses", () => {
  test("are 0 when nothing went wrong", () => {
    expect(formatLosses(summaryWith({}))).toBe("0");
  });

  test("are named one by one", () => {
    expect(formatLosses(summaryWith({ lost: 1_500, duplicates: 2 }))).toBe("1,500 lost, 2 duplicates");
    expect(formatLosses(summaryWith({ late: 1, reordered: 2, stray: 3, closed: 4 }))).toBe(
      "1 late, 2 reordered, 3 stray, 4 closed",
    );
  });
});

describe("a table", () => {
  test("has a line for each server, and columns that line up", () => {
    const text = markdown([runOf("limit"), runOf("gateway", { deliveriesPerSecond: 50_000, lost: 3 })]);

    expect(cell(text, "server", 1)).toBe("Tidewire");
    expect(cell(text, "deliveries/s", 1)).toBe("50,000");
    expect(cell(text, "losses", 1)).toBe("3 lost");
    expect(cell(text, "deliveries ÷ limit", 1)).toBe("0.50");
    const lines = text.split("\n").filter((line) => line.startsWith("|"));
    expect(new Set(lines.map(({ length }) => length)).size).toBe(1);
  });

  test("has dashes and a reason for a server that failed", () => {
    const text = markdown([{ workload: "closed", server: "gateway", round: 1, failure: "it fell over" }]);

    const [, , row = []] = cellsOf(text);
    expect(row).toEqual(["Tidewire", ...Array.from({ length: row.length - 1 }, () => "–")]);
    expect(text).toContain("- Tidewire failed: it fell over");
  });

  test("says which figures the load generator limits, and not the server", () => {
    const busy = { generatorBusy: 0.97, deliveriesPerSecond: 100_000 };
    const limited = markdown([runOf("limit", { ...busy, cpuMicrosPer1000: 5_000 })]);
    const loaded = markdown([runOf("limit", { ...busy, cpuMicrosPer1000: 9_900 })]);

    expect(limited).toContain("- The load generator was at its limit before the server was: Limit.");
    expect(loaded).not.toContain("generator");
  });

  test("compares CPU where a steady pace is the load", () => {
    const text = markdown(
      [
        runOf("limit", { cpuMicrosPer1000: 200 }, "open-100"),
        runOf("gateway", { cpuMicrosPer1000: 500 }, "open-100"),
      ],
      "open-100",
    );

    expect(cell(text, "CPU ÷ limit", 1)).toBe("2.50");
  });

  test("has memory alone where nothing is published, and what was closed", () => {
    const text = markdown([runOf("gateway", { idleKbPerConnection: 12.34, closed: 2 }, "idle")], "idle");

    expect(cellsOf(text)[0]).toEqual(["server", "kB per idle connection", "connects/s", "losses"]);
    expect(cellsOf(text)[2]).toEqual(["Tidewire", "12.3", "1,000", "2 closed"]);
  });

  test("has the memory at the end where some have stopped reading", () => {
    const text = markdown([runOf("gateway", { rssEndKb: 102_400 }, "stopped")], "stopped");

    expect(cell(text, "memory at the end, MB")).toBe("100");
  });
});
