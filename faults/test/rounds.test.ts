/**
 * Short rounds on real processes, in which the oracle finds nothing.
 *
 * A seed that has ever failed is pinned here: with what it showed, the fault and its number, as the replaying command
 * has them.
 */
import { describe, expect, test } from "vitest";
import { describe as inWords } from "../src/report.ts";
import type { Persistence } from "../src/redis-node.ts";
import { playShort, shortSchedule } from "./short-round.ts";

interface Pinned {
  readonly why: string;
  readonly fault: string;
  readonly seed: number;
  readonly persistence?: Persistence;
}

const PINNED: readonly Pinned[] = [
  {
    why: "readers go to another gateway, and the one that was killed comes back",
    fault: "gateway-kill",
    seed: 1,
  },
  { why: "what Redis forgot is announced", fault: "redis-kill", seed: 1, persistence: "none" },
  { why: "what no snapshot held is announced", fault: "redis-kill", seed: 2, persistence: "snapshot" },
  {
    why: "what is in the log is not lost, and no gap is told",
    fault: "redis-kill",
    seed: 3,
    persistence: "durable",
  },
  { why: "what the replica never got is announced", fault: "replica-promoted", seed: 1 },
  { why: "doorbells only save time", fault: "lost-doorbells", seed: 1 },
  { why: "what was done and not answered is done once", fault: "lost-acknowledgements", seed: 1 },
  { why: "positions of another life of a stream are not complete", fault: "reborn", seed: 1 },
  { why: "a stream is written anew in the millisecond in which it was deleted", fault: "reborn", seed: 40 },
  { why: "a gap stands at its place in what a slow command prints", fault: "trimmed", seed: 31 },
  { why: "all come back at once", fault: "herd", seed: 1 },
];

describe("nothing is lost in silence", () => {
  test.each(PINNED)("when $why ($fault, seed $seed)", async ({ fault, seed, persistence }) => {
    const schedule = shortSchedule(fault, seed, persistence && { persistence });
    const { verdict, liveAgainMs } = await playShort(schedule);
    expect(inWords(verdict.findings)).toEqual([]);
    expect(liveAgainMs).toHaveLength(schedule.readers.length);
  });
});
