/** Somebody who is there by the client library, which comes back by itself. */
import { setTimeout as wait } from "node:timers/promises";
import { connect, type Tidewire } from "@tidewire/sdk";
import { presenceOf } from "@tidewire/sdk/presence";
import { SOON } from "../publishers/sdk.ts";
import { patienceOf } from "./absences.ts";
import type { Stay } from "./evidence.ts";
import { ROOM } from "./link.ts";
import type { Scene } from "./scene.ts";

export class SdkMember implements AsyncDisposable {
  readonly #scene: Scene;
  readonly #user: string;
  readonly #client: Tidewire;
  readonly #gateway: number;
  #stay: Stay | undefined;
  #info = 0;

  constructor(scene: Scene, user: string, gateway: number) {
    this.#scene = scene;
    this.#user = user;
    this.#gateway = gateway;
    const { url, getToken } = scene.world.door(gateway, user);
    this.#client = connect(url, { ...SOON, ...(getToken && { getToken }) });
    this.#client.onState((state) => {
      if (state.kind === "connected") this.#begin(state.connection.gateway);
      else this.#end();
    });
  }

  /** Resolves when all gateways see it. */
  async enter(): Promise<void> {
    presenceOf(this.#client.channel(ROOM)).subscribe(() => {}, { info: { n: this.#next() } });
    await this.#update();
  }

  async live(stop: AbortSignal): Promise<void> {
    const patienceMs = patienceOf(this.#scene.times);
    while (!stop.aborted) {
      await wait(this.#scene.between(0.5, 2) * patienceMs, undefined, { signal: stop }).catch(() => {});
      // It goes on trying by itself.
      if (!stop.aborted) void this.#update().catch(() => {});
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#client.close();
  }

  async #update(): Promise<void> {
    const info = this.#next();
    await presenceOf(this.#client.channel(ROOM)).update({ n: info });
    // Of an older one it is told as well that it was taken, or a newer one, which says nothing of itself.
    if (info === this.#info) this.#scene.infos.acknowledge(this.#user, info);
  }

  #next(): number {
    this.#info += 1;
    this.#scene.infos.say(this.#user, this.#info);
    return this.#info;
  }

  #begin(gatewayId: string): void {
    this.#end();
    const gateway = this.#scene.numberOf(gatewayId) ?? this.#gateway;
    const fromMs = performance.now();
    this.#stay = {
      member: this.#user,
      gateway,
      fromMs,
      toMs: Number.POSITIVE_INFINITY,
      isExplicit: false,
    };
    this.#scene.stays.push(this.#stay);
  }

  #end(): void {
    if (this.#stay) this.#stay.toMs = performance.now();
    this.#stay = undefined;
  }
}
