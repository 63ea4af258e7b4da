import { type RedisServer, startRedis } from "@tidewire/testkit";
import { afterAll, beforeAll, describe } from "vitest";
import { openReadyBroker } from "./open-broker.ts";
import { streamsContract } from "./streams-contract.ts";

let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis[Symbol.asyncDispose]());

describe("the Redis broker keeps streams", () => {
  let round = 0;
  streamsContract(() => {
    round += 1;
    return openReadyBroker(redis.url, `contract-${round}:`);
  });
});
