/** A round of a test: little time before and after the fault. */
import { playRound, type RoundResult } from "../src/round.ts";
import { type Schedule, scheduleOf } from "../src/schedule.ts";

export function shortSchedule(fault: string, seed: number, changes: Partial<Schedule> = {}): Schedule {
  return { ...scheduleOf(seed, { only: [fault] }), leadMs: 300, tailMs: 300, ...changes };
}

export function playShort(schedule: Schedule, nodeArgs: readonly string[] = []): Promise<RoundResult> {
  return playRound({ schedule, nodeArgs });
}
