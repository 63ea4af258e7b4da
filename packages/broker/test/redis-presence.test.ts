/** Presence on one Redis that does not fail: gateways come, die, and lose their leases. */
import { type RedisServer, startRedis } from "@tidewire/testkit";
import { afterAll, beforeAll, describe } from "vitest";
import { openReadyBroker } from "./open-broker.ts";
import { presenceContract } from "./presence-contract.ts";
import { settlePresence } from "./presence-helpers.ts";

let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis[Symbol.asyncDispose]());

describe("the Redis broker knows who is where", () => {
  let round = 0;
  presenceContract(async () => {
    round += 1;
    await settlePresence(redis.url, `contract-${round}:`);
    return openReadyBroker(redis.url, `contract-${round}:`);
  });
});
