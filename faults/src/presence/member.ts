/** Somebody who is there with one or two connections, loses them, comes back, goes, and says something of itself. */
import { setTimeout as wait } from "node:timers/promises";
import type { V1Message } from "@tidewire/testkit";
import { patienceOf } from "./absences.ts";
import type { Stay } from "./evidence.ts";
import { type Link, openPlain, openV1 } from "./link.ts";
import type { Scene } from "./scene.ts";

export type Role =
  /** Is there all the time: it always comes back soon. */
  | "steady"
  /** Leaves as well, and is away for longer. */
  | "restless"
  /** The same as steady, until it loses its gateway by the fault. Then it does not come back. */
  | "leaver"
  /** Does nothing but come back, and writes down what it is told. */
  | "observer";

export interface MemberOptions {
  readonly scene: Scene;
  /** Absent for one that does not sign in: it is another member with every connection. */
  readonly user: string | undefined;
  readonly role: Role;
  readonly isPlain?: boolean;
  /** The gateway of each of its connections. */
  readonly places: readonly number[];
  readonly onBegun?: (gateway: number) => void;
  readonly onPush?: (push: V1Message) => void;
}

interface Place {
  gateway: number;
  gatewayId: string | undefined;
  link: Link | undefined;
  stay: Stay | undefined;
}

/** The part of the time that is surely no leave in which one comes back that does not want to have left. */
const SOON = 0.3;
const BACK_WITHIN_MS = 120_000;
const RETRY_MS = 50;
/** Longest wait for an update before something else is done. */
const UPDATE_MS = 1_500;

export class Member implements AsyncDisposable {
  readonly #options: MemberOptions;
  readonly #places: Place[];
  /** Whether it stays with a gateway that says nothing. */
  readonly #isLoyal: boolean;
  #name: string;
  #isGone = false;
  /** Numbers of infos go on over all names. */
  #info = 0;

  constructor(options: MemberOptions) {
    this.#options = options;
    this.#name = options.user ?? "";
    this.#places = options.places.map((gateway) => ({
      gateway,
      gatewayId: undefined,
      link: undefined,
      stay: undefined,
    }));
    this.#isLoyal = options.role === "observer" || options.scene.random() < 0.5;
  }

  /** Resolves when all gateways see it. */
  async enter(): Promise<void> {
    for (const place of this.#places) {
      await this.#open(place, true);
      while (place.stay?.fromMs === Number.POSITIVE_INFINITY) await wait(RETRY_MS);
    }
  }

  /** Comes and goes until it is to stop; then resolves when all its connections are there, if it means to be. */
  async live(stop: AbortSignal): Promise<void> {
    while (!stop.aborted && !this.#isGone) {
      await this.#rest(stop);
      if (!stop.aborted) await this.#turn(stop);
    }
    if (this.#isGone) return;
    if (this.#options.role === "restless" && this.#random() < 0.3) return this.#quit(this.#random() < 0.5);
    await this.#restore(0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isGone = true;
    for (const { link } of this.#places) link?.lose();
  }

  get #patienceMs(): number {
    return patienceOf(this.#options.scene.times);
  }

  #random(): number {
    return this.#options.scene.random();
  }

  #between(least: number, most: number): number {
    return this.#options.scene.between(least, most) * this.#patienceMs;
  }

  async #rest(stop: AbortSignal): Promise<void> {
    const isWhole = this.#places.every(({ link }) => link);
    if (!isWhole) return;
    const over = new AbortController();
    const signal = AbortSignal.any([stop, over.signal]);
    const rest = wait(this.#between(0.5, 2), undefined, { signal }).catch(() => {});
    await Promise.race([rest, ...this.#places.map(({ link }) => link?.ended)]);
    over.abort();
  }

  async #turn(stop: AbortSignal): Promise<void> {
    const { role, scene } = this.#options;
    if (this.#places.some(({ link }) => !link)) {
      if (role === "leaver" && scene.isHarmed) return this.#vanish();
      return this.#restore(this.#between(0, SOON));
    }
    const silent = this.#places.find(({ gateway }) => scene.isAway(gateway));
    if (silent) return this.#isLoyal ? undefined : this.#reload(silent);
    if (role === "observer") return undefined;
    if (role === "restless" && this.#random() < 0.3) return this.#goFor(this.#between(0.2, 3), stop);
    const place = this.#places[Math.floor(this.#random() * this.#places.length)];
    if (place && this.#random() < 0.5) return this.#reload(place);
    return this.#update();
  }

  async #reload(place: Place): Promise<void> {
    place.link?.lose();
    await place.link?.ended;
    await this.#restore(this.#between(0, SOON));
  }

  async #goFor(timeMs: number, stop: AbortSignal): Promise<void> {
    await this.#quit(this.#random() < 0.5);
    await wait(timeMs, undefined, { signal: stop }).catch(() => {});
    await this.#restore(0);
  }

  async #quit(isExplicit: boolean): Promise<void> {
    for (const place of this.#places) {
      const { link } = place;
      if (!link) continue;
      this.#end(place, isExplicit && link.gatewayId !== undefined);
      if (isExplicit) await link.leave();
      else link.lose();
      await link.ended;
    }
  }

  #vanish(): void {
    const { scene } = this.#options;
    this.#isGone = true;
    const member = this.#name;
    const last = scene.stays.findLast((stay) => stay.member === member);
    scene.gone.push({ member, atMs: last?.toMs ?? performance.now() });
  }

  /** Opens what is missing, after a while. */
  async #restore(afterMs: number): Promise<void> {
    await wait(afterMs);
    for (const place of this.#places) if (!place.link) await this.#open(place, false);
  }

  /** Again and again, until it is there. @param isFirst whether it has to be at that gateway */
  async #open(place: Place, isFirst: boolean): Promise<void> {
    const { user } = this.#options;
    const deadline = performance.now() + BACK_WITHIN_MS;
    for (;;) {
      if (!isFirst && user !== undefined) place.gateway = this.#choose(place.gateway);
      try {
        return await this.#openOnce(place);
      } catch (error) {
        if (performance.now() > deadline)
          throw new Error(`${user} did not come to gateway ${place.gateway}: ${String(error)}`, {
            cause: error,
          });
        await wait(RETRY_MS);
      }
    }
  }

  #choose(last: number): number {
    const { scene, role } = this.#options;
    return role === "observer" && !scene.isAway(last) ? last : scene.pick(last);
  }

  async #openOnce(place: Place): Promise<void> {
    const { scene, user, isPlain, onPush, onBegun } = this.#options;
    const door = scene.world.door(place.gateway, user ?? "");
    const { url } = door;
    const way = user === undefined ? { url } : door;
    const info = this.#nextInfo();
    // One that was refused may have been seen.
    if (!isPlain && user !== undefined) scene.infos.say(user, info);
    // Whatever comes on a connection comes after this.
    const gateway = place.gateway;
    onBegun?.(gateway);
    const link = await (isPlain ? openPlain({ door: way }) : openV1({ door: way, info, onPush }));
    if (link.gatewayId !== undefined) scene.meet(link.gatewayId, gateway);
    if (user === undefined) this.#name = `connection ${link.connection}`;
    const isKnown = link.gatewayId === undefined || this.#isAt(link.gatewayId) || user === undefined;
    const stay: Stay = {
      member: this.#name,
      gateway,
      fromMs: isKnown ? performance.now() : Number.POSITIVE_INFINITY,
      toMs: Number.POSITIVE_INFINITY,
      isExplicit: false,
    };
    scene.stays.push(stay);
    if (!isPlain) scene.infos.say(this.#name, info);
    Object.assign(place, { link, stay, gatewayId: link.gatewayId });
    void link.ended.then(() => place.link === link && this.#end(place, user === undefined));
    await this.#patiently(this.#confirm(link, stay));
  }

  #isAt(gatewayId: string): boolean {
    return this.#places.some((place) => place.gatewayId === gatewayId);
  }

  #end(place: Place, isExplicit: boolean): void {
    const { stay } = place;
    place.link = undefined;
    if (!stay) return;
    stay.toMs = performance.now();
    stay.isExplicit = isExplicit;
    // It may have been seen.
    if (isExplicit) stay.fromMs = Math.min(stay.fromMs, stay.toMs - 1);
  }

  /** Until all gateways see it there. */
  async #confirm(link: Link, stay: Stay): Promise<void> {
    if (this.#options.isPlain) return;
    while (stay.toMs === Number.POSITIVE_INFINITY) {
      if (!(await this.#tell(link))) {
        await wait(RETRY_MS);
        continue;
      }
      stay.fromMs = Math.min(stay.fromMs, performance.now());
      return;
    }
  }

  async #update(): Promise<void> {
    const { link } = this.#places[Math.floor(this.#random() * this.#places.length)] ?? {};
    if (link) await this.#patiently(this.#tell(link));
  }

  async #tell(link: Link): Promise<boolean> {
    if (this.#options.isPlain) return false;
    const info = this.#nextInfo();
    const name = this.#name;
    const { infos } = this.#options.scene;
    infos.say(name, info);
    const isTaken = await link.update(info);
    if (isTaken) infos.acknowledge(name, info);
    return isTaken;
  }

  #nextInfo(): number {
    this.#info += 1;
    return this.#info;
  }

  async #patiently(telling: Promise<unknown>): Promise<void> {
    const over = new AbortController();
    await Promise.race([telling, wait(UPDATE_MS, undefined, { signal: over.signal }).catch(() => {})]);
    over.abort();
  }
}
