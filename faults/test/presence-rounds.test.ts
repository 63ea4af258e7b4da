/**
 * Short rounds of presence on real processes: the oracle finds nothing, and gateways that are broken on purpose, each in
 * one way, are caught.
 *
 * A seed that has ever failed is pinned here: with what it showed, the fault and its number, as the replaying command
 * has them.
 */
import { describe, expect, test } from "vitest";
import type { PresenceKind } from "../src/presence/finding.ts";
import { playPresenceRound } from "../src/presence/round.ts";
import { type PresenceSchedule, presenceScheduleOf } from "../src/presence/schedule.ts";
import { describe as inWords } from "../src/report.ts";
import { importOf } from "./breaks/import-of.ts";

const PINNED = [
  { why: "some members of a killed gateway come back elsewhere, and some don't", fault: "gateway-kill" },
  { why: "a gateway comes back to itself after its lease", fault: "gateway-stop" },
  { why: "Redis has forgotten everything", fault: "redis-empty" },
  { why: "members went to other gateways while Redis stood still", fault: "redis-pause" },
] as const;

interface Break {
  readonly name: string;
  readonly fault: string;
  readonly kind: PresenceKind;
}

const BREAKS: readonly Break[] = [
  { name: "no-sweep", fault: "gateway-kill", kind: "ghost" },
  { name: "no-calm", fault: "kill-while-away", kind: "false leave" },
  { name: "no-entering-anew", fault: "redis-cut-one", kind: "missing" },
  { name: "no-grace", fault: "gateway-kill", kind: "false leave" },
];

/** What is broken does not get right by waiting. */
const SOON_MS = 1_000;

/** Few members, and little time. */
function shortSchedule(fault: string): PresenceSchedule {
  return { ...presenceScheduleOf(1, { only: [fault], members: 40 }), leadMs: 300, tailMs: 300 };
}

describe.concurrent("everybody knows who is there", () => {
  test.for(PINNED)("when $why ($fault, seed 1)", async ({ fault }) => {
    const { verdict, agreedMs } = await playPresenceRound({ schedule: shortSchedule(fault) });
    expect(inWords(verdict.findings)).toEqual([]);
    expect(agreedMs).toBeGreaterThan(0);
  });
});

describe.concurrent("a gateway with broken presence is caught", () => {
  test.for(BREAKS)("$name: $kind", async ({ name, fault, kind }) => {
    const schedule = shortSchedule(fault);
    const { verdict } = await playPresenceRound({ schedule, nodeArgs: importOf(name), marginMs: SOON_MS });
    expect(verdict.findings.map((finding) => finding.kind)).toContain(kind);
  });
});
