/** What happens in a round, all of it drawn from its seed: the same seed and fault always give the same schedule. */
import { randomFrom } from "@tidewire/testkit";
import { FAULTS, faultNamed } from "./faults/all.ts";
import type { Fault } from "./faults/fault.ts";
import type { ReaderPlace } from "./record.ts";
import type { Persistence } from "./redis-node.ts";

export const PUBLISHER_KINDS = ["v1", "sdk", "http", "plain", "raw", "cli"] as const;

export type PublisherKind = (typeof PUBLISHER_KINDS)[number];

export interface PublisherPlan {
  readonly kind: PublisherKind;
  readonly channel: string;
  readonly front: number;
  readonly burst: number;
  readonly intervalMs: number;
  /** Most publications. It sends fewer when it is held up. */
  readonly count: number;
}

export interface Schedule {
  readonly seed: number;
  readonly fault: string;
  readonly persistence: Persistence;
  /** Absent where nobody signs in. */
  readonly tokenLifetimeS: number | undefined;
  readonly gateways: number;
  /** Whether they have the limits of an operator who has set none, and not quick ones. */
  readonly hasDefaultLimits: boolean;
  /** The gateway that is harmed. */
  readonly target: number;
  /** From the first publication to the fault. */
  readonly leadMs: number;
  readonly lengthMs: number;
  /** From when all is mended to the last publication. */
  readonly tailMs: number;
  readonly publishers: readonly PublisherPlan[];
  readonly readers: readonly ReaderPlace[];
}

export const STREAMS: readonly string[] = ["kept:1", "tailed:1"];
export const CHANNELS: readonly string[] = [...STREAMS, "live:1"];

const GATEWAYS = 2;
const LONG_TOKEN_S = 3_600;
const READER_KINDS = ["v1", "sdk", "plain", "events", "tail"] as const;

type Random = () => number;

export interface ScheduleOptions {
  /** Names of the faults to choose from; no other choice depends on them. @default all */
  readonly only?: readonly string[];
  /** @default false */
  readonly hasDefaultLimits?: boolean;
}

export function scheduleOf(seed: number, options: ScheduleOptions = {}): Schedule {
  const { only = [], hasDefaultLimits = false } = options;
  const faults = only.length > 0 ? only.map(faultNamed) : FAULTS;
  const fault = faults[(seed - 1) % faults.length] as Fault;
  const random = randomFrom(seed);
  const between = ([least, most]: readonly [number, number]) => Math.round(least + random() * (most - least));
  const isSignedIn = random() < 0.3;
  return {
    seed,
    fault: fault.name,
    persistence: pick(fault.persistences, random),
    tokenLifetimeS: fault.tokenLifetimeS ?? (isSignedIn ? LONG_TOKEN_S : undefined),
    gateways: GATEWAYS,
    hasDefaultLimits,
    target: between([0, GATEWAYS - 1]),
    leadMs: between([300, 1_200]),
    lengthMs: between(fault.lengthMs),
    tailMs: between([500, 1_500]),
    publishers: CHANNELS.flatMap((channel) =>
      PUBLISHER_KINDS.map((kind) => planPublisher(kind, channel, random)),
    ),
    readers: [...planReaders(random), ...planHerd(fault)],
  };
}

function pick<Item>(items: readonly Item[], random: Random): Item {
  return items[Math.floor(random() * items.length)] as Item;
}

function planPublisher(kind: PublisherKind, channel: string, random: Random): PublisherPlan {
  return {
    kind,
    channel,
    front: Math.floor(random() * GATEWAYS),
    // Those that repeat or wait for an echo keep their order only one by one.
    burst: kind === "v1" || kind === "raw" ? 1 + Math.floor(random() * 4) : 1,
    intervalMs: 30 + Math.floor(random() * 90),
    count: 2_000,
  };
}

/** Every kind on every channel through every front door; the command only once for a channel. */
function planReaders(random: Random): ReaderPlace[] {
  const fronts = Array.from({ length: GATEWAYS }, (_, front) => front);
  return CHANNELS.flatMap((channel) =>
    READER_KINDS.flatMap((kind) => {
      const places = kind === "tail" ? [Math.floor(random() * GATEWAYS)] : fronts;
      return places.map((front) => ({ kind, channel, front }));
    }),
  );
}

function planHerd({ herd = 0 }: Fault): ReaderPlace[] {
  return Array.from({ length: herd }, (_, index) => ({
    kind: "v1" as const,
    channel: CHANNELS[index % CHANNELS.length] as string,
    front: index % GATEWAYS,
  }));
}
