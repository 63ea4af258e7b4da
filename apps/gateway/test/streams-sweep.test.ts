/** Stream channels that nobody needs any more, as clients see it when they come back. */
import { createMemoryBroker } from "@tidewire/broker";
import { expect, onTestFinished, test, vi } from "vitest";
import { ChannelRuleInput } from "../src/channel-rules.ts";
import { startTestGateway, testConfig } from "./test-gateway.ts";

const MINUTE_MS = 60_000;
const CHANNELS = {
  "brief:*": ChannelRuleInput.parse({ history: { ttl: "1m" } }),
  "long:*": ChannelRuleInput.parse({ history: { ttl: "1h" } }),
  "ever:*": ChannelRuleInput.parse({ history: { size: 5 } }),
};

/** A gateway whose clock and intervals go on when they are told to. */
async function start() {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  onTestFinished(() => void vi.useRealTimers());
  let nowMs = Date.now();
  const gateway = await startTestGateway({
    config: {
      channels: CHANNELS,
      limits: { ...testConfig().limits, lingerMs: 0, heartbeatIntervalMs: 60 * MINUTE_MS },
    },
    createBroker: (handlers) => createMemoryBroker(handlers, () => nowMs),
  });
  const wait = (byMs: number) => {
    nowMs += byMs;
    vi.advanceTimersByTime(MINUTE_MS);
  };
  return { gateway, wait, [Symbol.asyncDispose]: () => gateway[Symbol.asyncDispose]() };
}

test("a client that comes back is told that something may be missing where the stream went meanwhile, and nowhere else", async () => {
  await using world = await start();
  const { gateway, wait } = world;
  const channels = ["brief:1", "long:1", "ever:1"];
  const positions = new Map<string, unknown>();
  await using reader = await gateway.connectV1();
  await reader.request("subscribe", { channel: "brief:kept" });
  await using client = await gateway.connectV1();
  for (const channel of channels) {
    const { position } = await client.request("publish", { channel, data: "old" });
    positions.set(channel, position);
  }
  const { position: kept } = await client.request("publish", { channel: "brief:kept", data: "old" });
  wait(2 * MINUTE_MS);
  const replies = [];
  for (const [channel, since] of [...positions, ["brief:kept", kept] as const]) {
    const { complete } = await client.request("subscribe", { channel, since });
    replies.push([channel, complete]);
  }
  expect(replies).toEqual([
    ["brief:1", false],
    ["long:1", true],
    ["ever:1", true],
    ["brief:kept", true],
  ]);
  await client.request("publish", { channel: "brief:1", data: "new" });
  expect(await client.pushes.next()).toMatchObject({ channel: "brief:1", data: "new" });
});
