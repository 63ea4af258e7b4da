/** What readers do: stop taking what they get, all come back at once, let their tokens run out. */
import { setTimeout as wait } from "node:timers/promises";
import { RawPublisher } from "../publishers/raw.ts";
import { ALWAYS, type Fault, type Scene } from "./fault.ts";

/** More than sockets and a gateway keep for one that takes nothing. */
const FLOOD_COUNT = 1_200;
const FLOOD_BYTES = 16_384;
const FLOOD_BURST = 50;
const PASSED_WITHIN_MS = 20_000;

/** Every second reader of those that can, on each channel, takes nothing until the result is called. */
export function pauseSome({ readers }: Scene): () => void {
  const able = readers.filter(({ pause }) => pause !== undefined);
  const paused = able.filter((_reader, index) => index % 2 === 0);
  for (const reader of paused) reader.pause?.();
  return () => {
    for (const reader of paused) reader.resume?.();
  };
}

/** Publishes more than sockets hold, and resolves when all gateways have passed it on. */
export async function flood(scene: Scene, channels: readonly string[]): Promise<void> {
  const { world, ledger, streams, readers } = scene;
  const filler = "x".repeat(FLOOD_BYTES);
  for (const channel of channels) {
    await using publisher = new RawPublisher(world.rawProxy.port, channel, streams.includes(channel));
    let last = "";
    for (let sent = 0; sent < FLOOD_COUNT; sent += FLOOD_BURST) {
      const burst = Array.from({ length: FLOOD_BURST }, async () => {
        const publication = ledger.begin(channel, `${channel}/flood`);
        last = publication.mark;
        ledger.settle(publication, await publisher.publish(`${publication.mark} ${filler}`));
      });
      await Promise.all(burst);
    }
    const quick = readers.filter(({ record }) => record.kind === "sdk" && record.channel === channel);
    const passed = Promise.all(quick.map(({ record }) => record.heard(last)));
    await Promise.race([passed, wait(PASSED_WITHIN_MS, undefined, { ref: false })]);
  }
}

export const slowReaders: Fault = {
  name: "slow-readers",
  title: "readers stop taking what they get, and go on later",
  persistences: ["none"],
  lengthMs: [500, 3_000],
  isLossless: ALWAYS,
  inflict: async (scene) => {
    const resume = pauseSome(scene);
    await flood(scene, scene.channels);
    await wait(scene.lengthMs);
    resume();
  },
};

export const herd: Fault = {
  name: "herd",
  title: "all clients lose their connections, and come back at once",
  persistences: ["none"],
  lengthMs: [0, 500],
  isLossless: ALWAYS,
  herd: 100,
  inflict: async ({ world, lengthMs }) => {
    for (const { front } of world.gateways) front.reset();
    await wait(lengthMs);
  },
};

export const tokensExpire: Fault = {
  name: "tokens-expire",
  title: "tokens of clients run out, again and again",
  persistences: ["none"],
  lengthMs: [8_000, 8_000],
  isLossless: ALWAYS,
  tokenLifetimeS: 4,
  inflict: ({ lengthMs }) => wait(lengthMs),
};
