/**
 * Plays a round of presence: members that come and go all the time, one fault in their midst, and then quiet, in which
 * what everybody is told has to become what is so. It is judged as it is when that is reached, or when time is up.
 */
import { setTimeout as wait } from "node:timers/promises";
import { World } from "../world.ts";
import { Crowd } from "./crowd.ts";
import type { Answer, PresenceEvidence } from "./evidence.ts";
import { presenceFaultNamed } from "./faults.ts";
import { differences, judgePresence, type PresenceVerdict, thereAtEnd } from "./oracle.ts";
import { shownIn } from "./observer.ts";
import { OPEN_GATEWAY, Scene } from "./scene.ts";
import { type PresenceSchedule, timesOf } from "./schedule.ts";
import { ROOM } from "./link.ts";

export interface PresenceRoundOptions {
  readonly schedule: PresenceSchedule;
  /** For Node.js, before the program of each gateway. @default none */
  readonly nodeArgs?: readonly string[];
  /**
   * How much longer than promised is waited at the end, in milliseconds: being late is a figure, being wrong is a fault.
   *
   * @default 20 s
   */
  readonly marginMs?: number;
}

export interface PresenceRoundResult {
  readonly schedule: PresenceSchedule;
  readonly verdict: PresenceVerdict;
  /** From when all was mended and nobody moved until everybody knew who is there, in milliseconds; absent: never. */
  readonly agreedMs: number | undefined;
  /** Connections of members. */
  readonly stays: number;
  readonly gone: number;
  readonly durationMs: number;
  readonly evidence: PresenceEvidence;
}

const LOOK_MS = 50;
const MARGIN_MS = 20_000;
const TOKEN_S = 3_600;
const CERTAIN_WITHIN_MS = 120_000;
/** For quick gateways. */
const QUICK_LIMITS = { drainTimeoutMs: 500, closeTimeoutMs: 500, heartbeatIntervalMs: 5_000 };

export async function playPresenceRound(options: PresenceRoundOptions): Promise<PresenceRoundResult> {
  const { schedule, nodeArgs = [], marginMs = MARGIN_MS } = options;
  const times = timesOf(schedule);
  const { leaseMs, leaseRenewMs, graceMs } = times;
  const limits = { leaseMs, leaseRenewMs, presenceGraceMs: graceMs };
  await using world = await World.start({
    persistence: presenceFaultNamed(schedule.fault).persistence,
    gateways: OPEN_GATEWAY + 1,
    openGateways: 1,
    tokenLifetimeS: TOKEN_S,
    hasDefaultLimits: true,
    limits: schedule.hasDefaultLimits ? {} : { ...QUICK_LIMITS, ...limits },
    nodeArgs,
  });
  const scene = new Scene(world, times, schedule.seed);
  await using crowd = new Crowd(scene, schedule.members, schedule.target);
  return await new PresenceRound(schedule, scene, crowd).play(marginMs);
}

class PresenceRound {
  readonly #schedule: PresenceSchedule;
  readonly #scene: Scene;
  readonly #crowd: Crowd;
  readonly #startMs = performance.now();

  constructor(schedule: PresenceSchedule, scene: Scene, crowd: Crowd) {
    this.#schedule = schedule;
    this.#scene = scene;
    this.#crowd = crowd;
  }

  async play(marginMs: number): Promise<PresenceRoundResult> {
    const { leadMs, tailMs, fault, target, lengthMs } = this.#schedule;
    const [scene, crowd] = [this.#scene, this.#crowd];
    await crowd.enter();
    if ((await this.#agree(CERTAIN_WITHIN_MS)) === undefined)
      throw new Error("it was not certain in time who is there before anything was harmed");
    const stop = new AbortController();
    const living = crowd.live(stop.signal);
    await wait(leadMs);
    scene.isHarmed = true;
    await presenceFaultNamed(fault).inflict({ scene, target, lengthMs });
    scene.isHarmed = false;
    await wait(tailMs);
    stop.abort();
    await living;
    const { leaseMs, graceMs } = scene.times;
    const agreedMs = await this.#agree(leaseMs + graceMs + marginMs);
    return await this.#judge(agreedMs);
  }

  /** Waits until every observer and every gateway knows who is there. Resolves to how long that took. */
  async #agree(withinMs: number): Promise<number | undefined> {
    const fromMs = performance.now();
    while (performance.now() - fromMs < withinMs) {
      if (this.#observersAgree() && (await this.#gatewaysAgree())) return performance.now() - fromMs;
      await wait(LOOK_MS);
    }
    return undefined;
  }

  #observersAgree(): boolean {
    const there = thereAtEnd(this.#scene);
    return this.#crowd.observers.every(
      ({ name, members }) => members && differences(name, members, there, this.#scene.infos.all).length === 0,
    );
  }

  async #gatewaysAgree(): Promise<boolean> {
    const answers = await this.#ask();
    const there = thereAtEnd(this.#scene);
    return answers.every(
      ({ members }) => differences("", members, there, this.#scene.infos.all).length === 0,
    );
  }

  #ask(): Promise<Answer[]> {
    return Promise.all(
      this.#scene.world.gateways.map(async ({ url }, gateway) => {
        const response = await fetch(`${url}api/v1/presence?channel=${ROOM}&limit=1000`);
        const body = (await response.json()) as { readonly members?: unknown };
        return { gateway, members: shownIn(body.members) };
      }),
    );
  }

  async #judge(agreedMs: number | undefined): Promise<PresenceRoundResult> {
    const { times, stays, silences, outages, gone } = this.#scene;
    const infos = this.#scene.infos.all;
    const { observers } = this.#crowd;
    const answers = await this.#ask();
    const evidence = { times, stays, silences, outages, observers, answers, infos, gone };
    return {
      schedule: this.#schedule,
      verdict: judgePresence(evidence),
      agreedMs,
      stays: stays.length,
      gone: gone.length,
      durationMs: performance.now() - this.#startMs,
      evidence,
    };
  }
}
