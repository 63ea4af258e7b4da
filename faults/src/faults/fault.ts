/** A named fault: what is harmed, for how long, and what it may cost. */
import type { Ledger } from "../publication.ts";
import type { Reader } from "../readers/reader.ts";
import type { Persistence } from "../redis-node.ts";
import type { World } from "../world.ts";

/** Where a fault is played. */
export interface Scene {
  readonly world: World;
  /** The gateway that is harmed, where it is one. */
  readonly target: number;
  readonly lengthMs: number;
  readonly ledger: Ledger;
  readonly readers: readonly Reader[];
  /** The stream channels. */
  readonly streams: readonly string[];
  readonly channels: readonly string[];
}

export interface Fault {
  readonly name: string;
  /** What happens, for `--help`. */
  readonly title: string;
  /** How Redis keeps what it has; one is chosen for each round. */
  readonly persistences: readonly Persistence[];
  /** Least and most time, in milliseconds, from its start to its end. */
  readonly lengthMs: readonly [number, number];
  /** Whether streams may lose nothing by it, so that no reader of a stream may be told of a gap. */
  readonly isLossless: (persistence: Persistence) => boolean;
  /** How long tokens live where clients sign in, in seconds; they do then. @default by chance long ones, or none */
  readonly tokenLifetimeS?: number;
  /** Readers of `tidewire.v1` beside the usual ones. */
  readonly herd?: number;
  /** Resolves when the harm is over; from then on it counts how long readers take. */
  readonly inflict: (scene: Scene) => Promise<void>;
  /** Brings back what readers can do without, such as the second gateway. */
  readonly repair?: (scene: Scene) => Promise<void>;
}

export const ALWAYS = () => true;
export const NEVER = () => false;
