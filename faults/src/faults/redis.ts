/** What happens to Redis: killed, frozen, replaced by a replica that lags behind. */
import { setTimeout as wait } from "node:timers/promises";
import { TcpProxy } from "@tidewire/testkit";
import { PERSISTENCES, RedisNode } from "../redis-node.ts";
import { ALWAYS, type Fault, NEVER } from "./fault.ts";

const SYNCED_WITHIN_MS = 60_000;

export const redisKill: Fault = {
  name: "redis-kill",
  title: "Redis is killed (SIGKILL) and started again",
  persistences: PERSISTENCES,
  lengthMs: [300, 3_000],
  isLossless: (persistence) => persistence === "durable",
  inflict: async ({ world, lengthMs }) => {
    const { redis, persistence } = world;
    if (persistence === "snapshot") {
      await redis.ask("SAVE");
      // What is published meanwhile is in no snapshot.
      await wait(lengthMs / 2);
    }
    await redis.kill();
    await wait(lengthMs / 2);
    await redis.startAgain();
  },
};

export const redisStop: Fault = {
  name: "redis-stop",
  title: "Redis is stopped for 15 s (SIGSTOP)",
  persistences: ["none"],
  lengthMs: [15_000, 15_000],
  isLossless: ALWAYS,
  inflict: async ({ world, lengthMs }) => {
    world.redis.freeze();
    await wait(lengthMs);
    world.redis.thaw();
  },
};

export const replicaPromoted: Fault = {
  name: "replica-promoted",
  title: "Redis is killed, and a replica that lags behind is promoted",
  persistences: ["none"],
  lengthMs: [500, 2_000],
  isLossless: NEVER,
  inflict: async ({ world, lengthMs }) => {
    const primary = world.redis;
    const link = world.use(await TcpProxy.start(primary.port));
    const replica = world.use(await RedisNode.start("none", ["--replicaof", `127.0.0.1 ${link.port}`]));
    await untilSynced(replica);
    link.set({ blackhole: ["up", "down"] });
    // What is published meanwhile the replica never gets.
    await wait(lengthMs);
    await primary.kill();
    link.reset();
    await replica.ask("REPLICAOF", "NO", "ONE");
    world.moveTo(replica);
  },
};

async function untilSynced(replica: RedisNode): Promise<void> {
  const signal = AbortSignal.timeout(SYNCED_WITHIN_MS);
  while (!(await replica.ask("INFO", "replication")).includes("master_link_status:up")) {
    if (signal.aborted) throw new Error("the replica was not given what the primary has");
  }
}
