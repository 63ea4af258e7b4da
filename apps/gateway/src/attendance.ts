/**
 * Who of this gateway's clients is on which channel with presence, as the broker is told.
 *
 * A member stays while one of its connections does, and for a grace after the last one was lost: whoever comes back
 * within it, here or elsewhere, has never left. Invariant: the broker holds a member here exactly from its first
 * connection to the end of its grace.
 */
import { setTimeout as wait } from "node:timers/promises";
import { LINKS_RETURN_MS, type Presence, type Result } from "@tidewire/broker";
import type { ChannelRules } from "./channel-rules.ts";
import type { Limits } from "./limits.ts";
import type { Log } from "./log.ts";
import { canComeBack, type PresenceMember } from "./presence-member.ts";

/** How long to wait at the end until the broker has heard who left, in milliseconds. */
const FAREWELL_MS = 1_000;

export interface AttendanceOptions {
  readonly presence: Pick<Presence, "enter" | "leave">;
  readonly rules: ChannelRules;
  readonly limits: Pick<Limits, "presenceGraceMs">;
  readonly log: Log;
}

/** One connection's part in a member's being on a channel. */
export interface Stay {
  /** The info of its member from now on, as JSON text. Settles once all gateways see it. */
  update(info: string): Promise<Result<void>>;
  /** The connection is gone, or has left the channel. Does nothing the second time. */
  leave(how: Leaving): void;
}

/** Puts one connection on a channel, as whom it is. */
export type Attend = (channel: string) => Stay | undefined;

/** `lost`: it may come back, and has the grace for that. */
export type Leaving = "at once" | "lost";

interface Holding {
  readonly channel: string;
  readonly id: string;
  connections: number;
  /** Runs once no connection is left. */
  grace: NodeJS.Timeout | undefined;
}

export class Attendance {
  readonly #options: AttendanceOptions;
  readonly #channels = new Map<string, Map<string, Holding>>();
  /** What the broker has not heard yet. */
  readonly #farewells = new Set<Promise<unknown>>();
  #held = 0;
  #wasLinkUp = false;
  /** No grace ends before, by the clock of timers. */
  #noEndBeforeMs = 0;
  #isRefused = false;
  #onEmpty: (() => void) | undefined;

  constructor(options: AttendanceOptions) {
    this.#options = options;
  }

  /** Members held here, over all channels. */
  get held(): number {
    return this.#held;
  }

  /** A connection of the member is on the channel; `undefined` where the channel has no presence. */
  enter(channel: string, { id, info }: PresenceMember): Stay | undefined {
    if (!this.#options.rules.of(channel).presence) return undefined;
    const holding = this.#find(channel, id);
    clearTimeout(holding?.grace);
    const held = holding ?? this.#add(channel, id);
    held.grace = undefined;
    held.connections += 1;
    // One that names no info leaves what others have named.
    if (!holding || info !== "") void this.#tell(held, info);
    let hasLeft = false;
    return {
      update: (next) => this.#tell(held, next),
      leave: (how) => {
        if (hasLeft) return;
        hasLeft = true;
        this.#leave(held, how);
      },
    };
  }

  /**
   * The broker was away, and nobody could come back anywhere: every grace that runs begins anew, and for a while none
   * ends, since other gateways can enter whom they have only once their links are up, too.
   */
  linkIsUp(): void {
    if (this.#wasLinkUp) this.#noEndBeforeMs = performance.now() + LINKS_RETURN_MS;
    this.#wasLinkUp = true;
    for (const members of this.#channels.values())
      for (const holding of members.values()) if (holding.grace) this.#wait(holding);
  }

  /** Settles when the graces of all are over and the broker has heard of it; their connections must be gone. */
  async end(): Promise<void> {
    if (this.#held > 0) {
      await new Promise<void>((resolve) => {
        this.#onEmpty = resolve;
      });
    }
    const late = new AbortController();
    const told = Promise.all(this.#farewells).finally(() => late.abort());
    // A broker that can't be reached removes them when the lease is over.
    await Promise.race([told, wait(FAREWELL_MS, undefined, { signal: late.signal }).catch(() => {})]);
  }

  async #tell({ channel, id }: Holding, info: string): Promise<Result<void>> {
    const result = await this.#options.presence.enter(channel, { id, info });
    if (!result.ok && result.error.code === "refused") this.#logRefusal(channel, result.error.message);
    return result;
  }

  #leave(holding: Holding, how: Leaving): void {
    holding.connections -= 1;
    if (holding.connections > 0) return;
    if (how === "at once" || !canComeBack(holding.id)) return this.#letGo(holding);
    this.#wait(holding);
  }

  #wait(holding: Holding): void {
    const { presenceGraceMs } = this.#options.limits;
    clearTimeout(holding.grace);
    const graceMs = Math.max(presenceGraceMs, this.#noEndBeforeMs - performance.now());
    holding.grace = setTimeout(() => this.#letGo(holding), graceMs);
  }

  #letGo({ channel, id }: Holding): void {
    const members = this.#channels.get(channel);
    members?.delete(id);
    if (members?.size === 0) this.#channels.delete(channel);
    this.#held -= 1;
    const farewell = this.#options.presence.leave(channel, id);
    this.#farewells.add(farewell);
    void farewell.then(() => this.#farewells.delete(farewell));
    if (this.#held === 0) this.#onEmpty?.();
  }

  #find(channel: string, id: string): Holding | undefined {
    return this.#channels.get(channel)?.get(id);
  }

  #add(channel: string, id: string): Holding {
    const holding: Holding = { channel, id, connections: 0, grace: undefined };
    const members = this.#channels.get(channel) ?? new Map<string, Holding>();
    this.#channels.set(channel, members.set(id, holding));
    this.#held += 1;
    return holding;
  }

  // Once is enough: what Redis forbids on one channel it forbids on all.
  #logRefusal(channel: string, message: string): void {
    if (this.#isRefused) return;
    this.#isRefused = true;
    this.#options.log.error({ channel }, `the broker refuses presence: ${message}`);
  }
}
