/** What presence leaves in Redis that nobody needs: next to nothing, whatever clients ask and do. */
import { startRedis } from "@tidewire/testkit";
import { expect, test } from "vitest";
import { valueOf } from "./observer.ts";
import { openRawClient, openReadyBroker } from "./open-broker.ts";
import { idsOn, renew, someone } from "./presence-helpers.ts";

test("whoever only asks who is on a channel leaves nothing in Redis, and who watches it leaves little", async () => {
  await using redis = await startRedis();
  await using opened = await openReadyBroker(redis.url, "asked:");
  await using raw = openRawClient(redis.url);
  const { presence } = opened.broker;
  await renew(opened, "a");
  valueOf(await presence.watch("watched"));
  valueOf(await presence.enter("left", someone("ann")));
  valueOf(await presence.leave("left", "ann"));
  for (const channel of ["asked", "watched"]) expect(await idsOn(opened, channel)).toEqual([]);
  const keys = ["left", "watched"].map((channel) => `asked:tidewire:presence:info:${channel}`);
  expect(new Set(await raw.keys("asked:tidewire:presence:info:*"))).toEqual(new Set(keys));
  const times = await Promise.all(keys.map((key) => raw.pttl(key)));
  expect(Math.min(...times)).toBeGreaterThan(0);
  expect(Math.max(...times)).toBeLessThanOrEqual(60_000);
});
