/** Plays rounds of presence as the command line says, one after the other. */
import type { Flags } from "../flags.ts";
import type { PresenceEvidence } from "./evidence.ts";
import { isGoodPresence, type PresenceOutcome } from "./report.ts";
import { playPresenceRound } from "./round.ts";
import { type PresenceSchedule, presenceScheduleOf } from "./schedule.ts";

export interface PresenceRoundsOptions {
  readonly flags: Flags;
  readonly say: (line: string) => void;
  /** Of a round that failed. */
  readonly onRecords: (records: object) => Promise<void>;
  readonly onOutcome: (outcome: PresenceOutcome) => void;
}

export async function playPresenceRounds(options: PresenceRoundsOptions): Promise<PresenceOutcome[]> {
  const { flags, onOutcome } = options;
  const outcomes: PresenceOutcome[] = [];
  for (let round = 0; round < flags.rounds; round += 1) {
    const schedule = presenceScheduleOf(flags.seed + round, flags);
    const outcome = await play(schedule, options);
    outcomes.push(outcome);
    onOutcome(outcome);
  }
  return outcomes;
}

async function play(
  schedule: PresenceSchedule,
  { say, onRecords }: PresenceRoundsOptions,
): Promise<PresenceOutcome> {
  const { seed, fault, members, target, lengthMs } = schedule;
  say(`Seed ${seed}: ${fault}, ${members} members, gateway ${target}, ${lengthMs} ms`);
  try {
    const { evidence, schedule: _same, ...played } = await playPresenceRound({ schedule });
    const outcome = { schedule, played };
    if (!isGoodPresence(outcome)) await onRecords({ schedule, ...readable(evidence) });
    return outcome;
  } catch (error) {
    const failure = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { schedule, failure };
  }
}

/** Without maps and sets, which JSON does not know. */
function readable({ infos, observers, answers, ...rest }: PresenceEvidence): object {
  return {
    ...rest,
    infos: Array.from(infos, ([member, { acknowledged, open }]) => ({
      member,
      acknowledged,
      open: [...open],
    })),
    observers: observers.map(({ name, seen }) => ({
      name,
      seen: seen.map((each) =>
        Object.fromEntries(
          Object.entries(each).map(([key, value]: [string, unknown]) => [
            key,
            value instanceof Map ? Object.fromEntries(value) : value,
          ]),
        ),
      ),
    })),
    answers: answers.map(({ gateway, members }) => ({ gateway, members: Object.fromEntries(members) })),
  };
}
