/** What happens in a round of presence, all of it drawn from its seed. */
import { randomFrom } from "@tidewire/testkit";
import type { PresenceTimes } from "./evidence.ts";
import { PRESENCE_FAULTS, presenceFaultNamed } from "./faults.ts";
import { SIGNED_IN_GATEWAYS } from "./scene.ts";

export interface PresenceSchedule {
  readonly seed: number;
  readonly fault: string;
  readonly members: number;
  readonly hasDefaultLimits: boolean;
  /** The gateway that is harmed, where it is one. */
  readonly target: number;
  /** From when all are there to the fault. */
  readonly leadMs: number;
  readonly lengthMs: number;
  /** From when all is mended to quiet. */
  readonly tailMs: number;
}

export interface PresenceScheduleOptions {
  /** @default all */
  readonly only?: readonly string[];
  /** @default 60 */
  readonly members?: number;
  /** @default false */
  readonly hasDefaultLimits?: boolean;
}

export const DEFAULT_MEMBERS = 60;

const DEFAULT_TIMES: PresenceTimes = { leaseMs: 15_000, leaseRenewMs: 5_000, graceMs: 5_000 };
const QUICK_TIMES: PresenceTimes = { leaseMs: 6_000, leaseRenewMs: 1_000, graceMs: 1_500 };

export function timesOf({
  fault,
  hasDefaultLimits,
}: Pick<PresenceSchedule, "fault" | "hasDefaultLimits">): PresenceTimes {
  return hasDefaultLimits ? DEFAULT_TIMES : (presenceFaultNamed(fault).quickTimes ?? QUICK_TIMES);
}

export function presenceScheduleOf(seed: number, options: PresenceScheduleOptions = {}): PresenceSchedule {
  const { only = [], members = DEFAULT_MEMBERS, hasDefaultLimits = false } = options;
  const names = only.length > 0 ? only : PRESENCE_FAULTS.map(({ name }) => name);
  const fault = presenceFaultNamed(names[(seed - 1) % names.length] as string);
  const random = randomFrom(seed);
  const between = (least: number, most: number) => Math.round(least + random() * (most - least));
  const target = between(0, SIGNED_IN_GATEWAYS - 1);
  const [least, most] = fault.lengthMs(timesOf({ fault: fault.name, hasDefaultLimits }));
  return {
    seed,
    fault: fault.name,
    members,
    hasDefaultLimits,
    target,
    leadMs: between(500, 1_500),
    lengthMs: between(least, most),
    tailMs: between(500, 1_500),
  };
}
