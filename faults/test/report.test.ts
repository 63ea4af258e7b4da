import { describe, expect, test } from "vitest";
import { failuresOf, toJson, toMarkdown } from "../src/report.ts";
import { scheduleOf } from "../src/schedule.ts";
import type { Outcome } from "../src/statistics.ts";

function outcome(seed: number, changes: Partial<Extract<Outcome, { verdict: unknown }>> = {}): Outcome {
  const schedule = scheduleOf(seed, { only: ["gateway-kill"] });
  return {
    seed,
    fault: "gateway-kill",
    hasDefaultLimits: false,
    schedule,
    verdict: { findings: [], announced: 3, acknowledgedAndGone: 2 },
    liveAgainMs: [10, 20, 30],
    publications: 100,
    deliveries: 900,
    durationMs: 1_000,
    ...changes,
  };
}

const LOST = { kind: "lost in silence", text: "v1 reader of kept:1 at 0: a#1" } as const;
const FAILED = outcome(2, { verdict: { findings: [LOST], announced: 0, acknowledgedAndGone: 0 } });
const BROKEN_OFF: Outcome = { seed: 3, fault: "herd", hasDefaultLimits: true, failure: "not there" };

describe("a report", () => {
  test("adds up the rounds of a fault in one row, with quantiles over all readers", () => {
    const lines = toMarkdown([outcome(1), FAILED]).split("\n");
    const cells = lines.map((line) =>
      line
        .split("|")
        .map((cell) => cell.trim())
        .filter(Boolean),
    );
    const [heads = [], , row = []] = cells;
    const facts = Object.fromEntries(heads.map((head, index) => [head, row[index]]));
    expect(lines).toHaveLength(3);
    expect(facts).toMatchObject({
      fault: "gateway-kill",
      Redis: "none",
      rounds: "2",
      published: "200",
      delivered: "1800",
      "lost in silence": "1",
      duplicated: "0",
      announced: "3",
      "acknowledged, gone": "2",
      "live again: p50 ms": "20",
      max: "30",
    });
  });

  test("names for each round that failed the command that plays it again, and what was found", () => {
    expect(failuresOf([outcome(1), FAILED, BROKEN_OFF]).split("\n")).toEqual([
      "gateway-kill, seed 2: pnpm test:faults --only gateway-kill --seed 2",
      "  lost in silence: v1 reader of kept:1 at 0: a#1",
      "herd, seed 3: pnpm test:faults --only herd --seed 3 --default-limits",
      "  not there",
    ]);
  });

  test("is JSON, too, with the schedule of every round", () => {
    const report = JSON.parse(toJson([outcome(1), BROKEN_OFF])) as { rows: unknown[]; rounds: unknown[] };
    expect(report.rows).toHaveLength(2);
    expect(report.rounds).toMatchObject([{ schedule: { seed: 1 } }, { failure: "not there" }]);
  });
});
