/** What other programs do to streams beneath their readers. */
import { setTimeout as wait } from "node:timers/promises";
import { type Fault, NEVER } from "./fault.ts";
import { flood, pauseSome } from "./readers.ts";

export const trimmed: Fault = {
  name: "trimmed",
  title: "streams are trimmed beneath readers that are behind",
  persistences: ["none"],
  lengthMs: [300, 1_500],
  isLossless: NEVER,
  inflict: async (scene) => {
    const { world, streams, lengthMs } = scene;
    const resume = pauseSome(scene);
    await flood(scene, streams);
    for (const stream of streams) await world.redis.ask("XTRIM", stream, "MAXLEN", "3");
    await wait(lengthMs);
    resume();
  },
};

export const reborn: Fault = {
  name: "reborn",
  title: "streams are deleted, and written anew under their names",
  persistences: ["none"],
  lengthMs: [0, 1_000],
  isLossless: NEVER,
  inflict: async ({ world, streams, lengthMs }) => {
    for (const stream of streams) await world.redis.ask("DEL", stream);
    await wait(lengthMs);
  },
};
