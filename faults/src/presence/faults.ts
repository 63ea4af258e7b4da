/** What is harmed in rounds of presence, and for how long. */
import { setTimeout as wait } from "node:timers/promises";
import type { Persistence } from "../redis-node.ts";
import type { PresenceTimes } from "./evidence.ts";
import { OPEN_GATEWAY, type Scene, SIGNED_IN_GATEWAYS } from "./scene.ts";

export interface PresencePlay {
  readonly scene: Scene;
  /** The gateway that is harmed, where it is one. */
  readonly target: number;
  readonly lengthMs: number;
}

export interface PresenceFault {
  readonly name: string;
  /** What happens, for `--help`. */
  readonly title: string;
  readonly persistence: Persistence;
  /** Of quick gateways, where the usual quick ones are too quick. */
  readonly quickTimes?: PresenceTimes;
  /** Least and most time, in milliseconds, from its start to its end. */
  readonly lengthMs: (times: PresenceTimes) => readonly [number, number];
  /** Resolves when all is mended. */
  readonly inflict: (play: PresencePlay) => Promise<void>;
}

/** Longer than the broker waits for an answer. */
const PAUSE_MS = 7_000;

const longerThanLease = ({ leaseMs }: PresenceTimes) => [leaseMs * 1.3, leaseMs * 1.7] as const;

const kill: PresenceFault = {
  name: "gateway-kill",
  title: "a gateway is killed (SIGKILL); some of its members come back elsewhere in time, the others don't",
  persistence: "none",
  lengthMs: ({ leaseMs }) => [leaseMs * 0.2, leaseMs * 1.5],
  inflict: async ({ scene, target, lengthMs }) => {
    await killGateway(scene, target);
    await wait(lengthMs);
    await startGateway(scene, target);
  },
};

async function killGateway(scene: Scene, target: number): Promise<void> {
  scene.takeOut(target);
  await scene.world.gateway(target).kill();
}

async function startGateway(scene: Scene, target: number): Promise<void> {
  await scene.world.gateway(target).startAgain();
  scene.putBack(target);
}

const stop: PresenceFault = {
  name: "gateway-stop",
  title: "a gateway is stopped for longer than its lease (SIGSTOP), and some of its members go elsewhere",
  persistence: "none",
  lengthMs: ({ leaseMs }) => [leaseMs * 1.5, leaseMs * 2],
  inflict: async ({ scene, target, lengthMs }) => {
    const fromMs = performance.now();
    scene.takeOut(target);
    scene.world.gateway(target).freeze();
    await wait(lengthMs);
    scene.world.gateway(target).thaw();
    await scene.note(fromMs, [target]);
    scene.putBack(target);
  },
};

const deploy: PresenceFault = {
  name: "rolling-deploy",
  title: "gateways are replaced one after the other (SIGTERM)",
  persistence: "none",
  lengthMs: () => [0, 1_000],
  inflict: async ({ scene, lengthMs }) => {
    for (let gateway = 0; gateway < SIGNED_IN_GATEWAYS; gateway += 1) {
      scene.takeOut(gateway);
      await scene.world.gateway(gateway).terminate();
      await startGateway(scene, gateway);
      await wait(lengthMs);
    }
  },
};

/** Cuts gateways off from Redis for a while. */
async function cut(
  { world }: Scene,
  gateways: readonly number[],
  action: () => Promise<void>,
): Promise<void> {
  for (const gateway of gateways) {
    const { redisProxy } = world.gateway(gateway);
    redisProxy.set({ isRefusing: true });
    redisProxy.reset();
  }
  await action();
  for (const gateway of gateways) world.gateway(gateway).redisProxy.set({});
}

const cutOne: PresenceFault = {
  name: "redis-cut-one",
  title: "a gateway is cut off from Redis for longer than its lease",
  persistence: "none",
  lengthMs: longerThanLease,
  inflict: async ({ scene, target, lengthMs }) => {
    const fromMs = performance.now();
    scene.takeOut(target);
    await cut(scene, [target], () => wait(lengthMs));
    await scene.note(fromMs, [target]);
    scene.putBack(target);
  },
};

const EVERYONE = [...Array.from({ length: SIGNED_IN_GATEWAYS }, (_, index) => index), OPEN_GATEWAY];

const cutAll: PresenceFault = {
  name: "redis-cut-all",
  title: "all gateways are cut off from Redis, for a part of a lease or for longer",
  persistence: "none",
  lengthMs: ({ leaseMs }) => [leaseMs * 0.3, leaseMs * 2.5],
  inflict: async ({ scene, lengthMs }) => {
    const fromMs = performance.now();
    await cut(scene, EVERYONE, () => wait(lengthMs));
    await scene.note(fromMs, "outages");
  },
};

const empty: PresenceFault = {
  name: "redis-empty",
  title: "Redis is killed (SIGKILL), and started again with nothing",
  persistence: "none",
  lengthMs: ({ leaseMs }) => [300, leaseMs * 1.5],
  inflict: async ({ scene, lengthMs }) => {
    const fromMs = performance.now();
    await scene.world.redis.kill();
    await wait(lengthMs);
    await scene.world.redis.startAgain();
    await scene.note(fromMs, "outages");
  },
};

const older: PresenceFault = {
  name: "redis-older",
  title: "Redis is killed (SIGKILL), and started again from an older snapshot",
  persistence: "snapshot",
  lengthMs: ({ leaseMs }) => [600, leaseMs * 1.5],
  inflict: async ({ scene, lengthMs }) => {
    const { redis } = scene.world;
    await redis.ask("SAVE");
    // Who comes and goes meanwhile is in no snapshot.
    await wait(lengthMs / 2);
    const fromMs = performance.now();
    await redis.kill();
    await wait(lengthMs / 2);
    await redis.startAgain();
    await scene.note(fromMs, "outages");
  },
};

const pause: PresenceFault = {
  name: "redis-pause",
  title: "Redis is stopped for longer than gateways wait for an answer (SIGSTOP)",
  persistence: "none",
  // A gateway notices after 5 s that a link is silent, and is back within 3 s more: a grace and a lease must be longer.
  quickTimes: { leaseMs: 12_000, leaseRenewMs: 1_000, graceMs: 5_000 },
  lengthMs: () => [PAUSE_MS, PAUSE_MS + 3_000],
  inflict: async ({ scene, lengthMs }) => {
    const { redis } = scene.world;
    const fromMs = performance.now();
    redis.freeze();
    await wait(lengthMs);
    redis.thaw();
    await scene.note(fromMs, "outages");
  },
};

const killAway: PresenceFault = {
  name: "kill-while-away",
  title: "a gateway is killed while all are cut off from Redis for longer than a lease",
  persistence: "none",
  lengthMs: longerThanLease,
  inflict: async ({ scene, target, lengthMs }) => {
    const fromMs = performance.now();
    await cut(scene, EVERYONE, async () => {
      await wait(lengthMs / 3);
      await killGateway(scene, target);
      await wait((lengthMs * 2) / 3);
    });
    // One that is away can't be ready; until then it counts as an outage.
    await startGateway(scene, target);
    await scene.note(fromMs, "outages");
  },
};

export const PRESENCE_FAULTS: readonly PresenceFault[] = [
  kill,
  empty,
  stop,
  cutAll,
  deploy,
  pause,
  cutOne,
  older,
  killAway,
];

export function presenceFaultNamed(name: string): PresenceFault {
  const fault = PRESENCE_FAULTS.find((each) => each.name === name);
  if (!fault) throw new Error(`there is no fault ${name}`);
  return fault;
}
