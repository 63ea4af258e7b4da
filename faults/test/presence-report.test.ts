import { describe, expect, test } from "vitest";
import { presenceFailures, type PresenceOutcome, presenceTable } from "../src/presence/report.ts";
import { presenceScheduleOf } from "../src/presence/schedule.ts";

const SCHEDULE = presenceScheduleOf(3, { only: ["gateway-kill"], members: 300, hasDefaultLimits: true });
const GHOST = { kind: "ghost", text: "gateway 1: member-7" } as const;

function outcome(findings: readonly (typeof GHOST)[]): PresenceOutcome {
  const verdict = { findings, leftAfterMs: [100, 200], notices: 50 };
  return { schedule: SCHEDULE, played: { verdict, agreedMs: 400, stays: 9, gone: 2, durationMs: 1 } };
}

describe("a report of presence", () => {
  test("adds up the rounds of a fault in one row", () => {
    const lines = presenceTable([outcome([]), outcome([GHOST])]).split("\n");
    const [heads = [], , row = []] = lines.map((line) => line.slice(2, -2).split(" | "));
    const facts = Object.fromEntries(heads.map((head, index) => [head, row[index]]));
    expect(facts).toMatchObject({
      fault: "gateway-kill",
      rounds: "2",
      members: "600",
      notices: "100",
      ghost: "1",
      missing: "0",
      "did not come back": "4",
      "left after: p50 ms": "100",
      max: "400",
    });
  });

  test("names for each round that failed the command that plays it again", () => {
    const brokenOff = { schedule: presenceScheduleOf(1), failure: "not there" };
    expect(presenceFailures([outcome([]), outcome([GHOST]), brokenOff]).split("\n")).toEqual([
      "gateway-kill, seed 3: pnpm test:faults --presence --only gateway-kill --seed 3 --members 300 --default-limits",
      "  ghost: gateway 1: member-7",
      "gateway-kill, seed 1: pnpm test:faults --presence --only gateway-kill --seed 1",
      "  not there",
    ]);
  });
});
