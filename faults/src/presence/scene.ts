/** Where members live: which gateways they can go to, and what is written down of them for the oracle. */
import { randomFrom } from "@tidewire/testkit";
import type { World } from "../world.ts";
import type { Gone, PresenceTimes, Silence, Span, Stay } from "./evidence.ts";
import { Infos } from "./infos.ts";

/** The number of the gateway for those who don't sign in: the last one. */
export const OPEN_GATEWAY = 3;
export const SIGNED_IN_GATEWAYS = 3;

export class Scene {
  readonly world: World;
  readonly times: PresenceTimes;
  readonly random: () => number;
  readonly stays: Stay[] = [];
  readonly infos = new Infos();
  readonly gone: Gone[] = [];
  readonly silences: Silence[] = [];
  readonly outages: Span[] = [];
  /** From the beginning of the fault until all is mended. */
  isHarmed = false;
  /** Gateways that nobody is led to. */
  readonly #away = new Set<number>();
  /** By what a gateway's process calls itself. */
  readonly #numbers = new Map<string, number>();

  constructor(world: World, times: PresenceTimes, seed: number) {
    this.world = world;
    this.times = times;
    this.random = randomFrom(seed);
  }

  between(least: number, most: number): number {
    return least + this.random() * (most - least);
  }

  isAway(gateway: number): boolean {
    return this.#away.has(gateway);
  }

  /** Nobody new is led to the gateway from now on, as a balancer would have it. */
  takeOut(gateway: number): void {
    this.#away.add(gateway);
    this.world.leadElsewhere(gateway, this.pick(gateway));
  }

  putBack(gateway: number): void {
    this.#away.delete(gateway);
    this.world.leadBack(gateway);
  }

  /** A gateway for somebody who signs in and comes from `last`: as often that one, if it is there, as another. */
  pick(last: number): number {
    const all = Array.from({ length: SIGNED_IN_GATEWAYS }, (_, index) => index);
    const there = all.filter((index) => !this.#away.has(index));
    const isThere = there.includes(last);
    if (isThere && this.random() < 0.5) return last;
    return there[Math.floor(this.random() * there.length)] ?? last;
  }

  meet(gatewayId: string, gateway: number): void {
    this.#numbers.set(gatewayId, gateway);
  }

  numberOf(gatewayId: string): number | undefined {
    return this.#numbers.get(gatewayId);
  }

  /** Resolves when all gateways are well; what was away until then is written down. */
  async note(fromMs: number, list: "outages" | readonly number[]): Promise<void> {
    await this.world.untilReady();
    // By then each has taken its lease again.
    const toMs = performance.now() + this.times.leaseRenewMs;
    if (list === "outages") this.outages.push({ fromMs, toMs });
    else this.silences.push(...list.map((gateway) => ({ gateway, fromMs, toMs })));
  }
}
