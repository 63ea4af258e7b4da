/** What happens to the ways between gateways and Redis. */
import { setTimeout as wait } from "node:timers/promises";
import type { Direction } from "@tidewire/testkit";
import { wholeReplies } from "../resp.ts";
import { ALWAYS, type Fault } from "./fault.ts";

const SUBSCRIBER = "tidewire-subscriber";
const PUBLISHER = "tidewire-publisher";

export const subscriberBlackhole: Fault = {
  name: "subscriber-blackhole",
  title: "a gateway's subscriber link is silent, its publisher link is well",
  persistences: ["none"],
  lengthMs: [1_000, 14_000],
  isLossless: ALWAYS,
  inflict: async ({ world, target, lengthMs }) => {
    const { redisProxy } = world.gateway(target);
    redisProxy.set({ only: SUBSCRIBER, blackhole: ["up", "down"] });
    await wait(lengthMs);
    redisProxy.set({});
  },
};

export const lostAcknowledgements: Fault = {
  name: "lost-acknowledgements",
  title: "Redis does what a gateway asks, and its answers are lost",
  persistences: ["none"],
  lengthMs: [200, 2_000],
  isLossless: ALWAYS,
  inflict: async ({ world, target, lengthMs }) => {
    const { redisProxy } = world.gateway(target);
    redisProxy.set({ only: PUBLISHER, blackhole: ["down"] });
    await wait(lengthMs);
    // Held back until here; with the connection they are gone.
    redisProxy.reset(PUBLISHER);
    redisProxy.set({});
  },
};

/** Whether the bytes are doorbells of streams and nothing else. */
export function areBells(bytes: Buffer): boolean {
  const replies = wholeReplies(bytes);
  return replies !== undefined && replies.every(isBell);
}

function isBell(reply: unknown): boolean {
  if (!Array.isArray(reply)) return false;
  const [kind, name] = reply as unknown[];
  return kind === "message" && typeof name === "string" && name.startsWith("tidewire:bell:");
}

function dropBells(piece: Buffer, direction: Direction): boolean {
  return direction === "down" && areBells(piece);
}

export const lostDoorbells: Fault = {
  name: "lost-doorbells",
  title: "doorbells of streams are lost on the way to a gateway, the link is well",
  persistences: ["none"],
  lengthMs: [2_000, 4_000],
  isLossless: ALWAYS,
  inflict: async ({ world, target, lengthMs }) => {
    const { redisProxy } = world.gateway(target);
    redisProxy.set({ only: SUBSCRIBER, drops: dropBells });
    await wait(lengthMs);
    redisProxy.set({});
  },
};
