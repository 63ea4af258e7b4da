/** Presence over links that are lost while Redis goes on, and come back one after the other. */
import { startRedis, TcpProxy } from "@tidewire/testkit";
import { expect, test } from "vitest";
import { LINKS_RETURN_MS } from "../src/index.ts";
import { holdTimers } from "./hold-timers.ts";
import { valueOf } from "./observer.ts";
import { openBroker, openRawClient, openReadyBroker } from "./open-broker.ts";
import {
  idsOn,
  LONG_MS,
  nextMillisecond,
  renew,
  settlePresence,
  someone,
  told,
  toldUntilSentinel,
} from "./presence-helpers.ts";

/** A gateway that is `here`, and one that is `away` while the proxy between it and Redis says so. */
async function openHereAndAway() {
  await using stack = new AsyncDisposableStack();
  const redis = stack.use(await startRedis());
  await settlePresence(redis.url, "");
  const proxy = stack.use(await TcpProxy.start(redis.port));
  const away = stack.use(openBroker(`redis://127.0.0.1:${proxy.port}`));
  const here = stack.use(await openReadyBroker(redis.url));
  await away.observer.untilLink(away.broker, "up");
  const opened = stack.move();
  return { proxy, away, here, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

test("a lost link brings a reset for what is watched, and then what comes", async () => {
  await using opened = await openHereAndAway();
  const { proxy, away, here } = opened;
  await renew(here, "here");
  await renew(away, "away");
  const { presence } = away.broker;
  valueOf(await presence.watch("room"));
  valueOf(await presence.enter("room", someone("ann")));
  // It comes over the other connection, and could be lost with it.
  expect(await told(away)).toEqual(["+ann"]);
  proxy.set({ isRefusing: true });
  proxy.reset();
  await away.observer.untilLink(away.broker, "down");
  valueOf(await here.broker.presence.enter("room", someone("bob")));
  using grace = holdTimers(LINKS_RETURN_MS);
  const waiting = [
    presence.enter("room", someone("cid")),
    presence.leave("room", "ann"),
    presence.watch("other"),
  ];
  expect(await presence.members("room", { limit: 1 })).toMatchObject({ error: { code: "unavailable" } });
  proxy.set({});
  await away.observer.untilLink(away.broker, "up");
  grace.end();
  for (const each of waiting) valueOf(await each);
  expect(await idsOn(here, "room")).toEqual(["bob", "cid"]);
  valueOf(await here.broker.presence.enter("other", someone("dan")));
  expect(await told(away)).toEqual(["reset"]);
  expect(new Set(await told(away, 3))).toEqual(new Set(["+cid", "-ann", "+dan"]));
});

test("nobody is removed for the length of a lease when a link is back: others may not have had the time to renew", async () => {
  await using redis = await startRedis();
  await settlePresence(redis.url, "");
  await using proxy = await TcpProxy.start(redis.port);
  await using reader = openBroker(`redis://127.0.0.1:${proxy.port}`);
  await reader.observer.untilLink(reader.broker, "up");
  await using slow = await openReadyBroker(redis.url);
  await using raw = openRawClient(redis.url);
  // It was the first to hold a lease; who comes later finds nothing quiet.
  await renew(reader, "reader");
  await raw.del("tidewire:presence:quiet");
  await renew(slow, "slow");
  valueOf(await reader.broker.presence.watch("room"));
  valueOf(await slow.broker.presence.enter("room", someone("ann")));
  expect(await told(reader)).toEqual(["+ann"]);
  proxy.set({ isRefusing: true });
  proxy.reset();
  await reader.observer.untilLink(reader.broker, "down");
  await raw.hdel("tidewire:leases", "slow");
  proxy.set({});
  await reader.observer.untilLink(reader.broker, "up");
  await renew(reader, "reader");
  expect(await toldUntilSentinel(reader, "room")).toEqual(["reset"]);
  expect(await raw.get("tidewire:presence:quiet")).toBe("calm");
  expect(await raw.pttl("tidewire:presence:quiet")).toBeGreaterThan(0);
  await raw.del("tidewire:presence:quiet");
  await renew(reader, "reader");
  expect(await told(reader)).toEqual(["-ann"]);
});

test.each(["calm", "anew"])(
  "the time in which nobody is removed, %s, begins anew when a link is back in it",
  async (why) => {
    await using redis = await startRedis();
    await settlePresence(redis.url, "");
    await using proxy = await TcpProxy.start(redis.port);
    await using opened = openBroker(`redis://127.0.0.1:${proxy.port}`);
    await opened.observer.untilLink(opened.broker, "up");
    await using raw = openRawClient(redis.url);
    await renew(opened, "a");
    await raw.set("tidewire:presence:quiet", why, "PX", LONG_MS / 2);
    await renew(opened, "a");
    // What it looked at is answered before this.
    valueOf(await opened.broker.presence.count("room"));
    expect(await raw.pttl("tidewire:presence:quiet")).toBeLessThanOrEqual(LONG_MS / 2);
    proxy.set({ isRefusing: true });
    proxy.reset();
    await opened.observer.untilLink(opened.broker, "down");
    proxy.set({});
    await opened.observer.untilLink(opened.broker, "up");
    await renew(opened, "a");
    valueOf(await opened.broker.presence.count("room"));
    expect(await raw.pttl("tidewire:presence:quiet")).toBeGreaterThan(LONG_MS / 2);
    expect(await raw.get("tidewire:presence:quiet")).toBe(why);
  },
);

test("who went to another gateway while Redis was away has not left, though that one is back later", async () => {
  await using redis = await startRedis();
  await settlePresence(redis.url, "");
  await using hereProxy = await TcpProxy.start(redis.port);
  await using thereProxy = await TcpProxy.start(redis.port);
  const proxies = [hereProxy, thereProxy];
  await using reader = await openReadyBroker(redis.url);
  await using here = openBroker(`redis://127.0.0.1:${hereProxy.port}`);
  await using there = openBroker(`redis://127.0.0.1:${thereProxy.port}`);
  for (const { broker, observer } of [here, there]) await observer.untilLink(broker, "up");
  await renew(reader, "reader");
  await renew(here, "here");
  await renew(there, "there");
  valueOf(await reader.broker.presence.watch("room"));
  valueOf(await here.broker.presence.enter("room", someone("ann")));
  for (const proxy of proxies) {
    proxy.set({ isRefusing: true });
    proxy.reset();
  }
  for (const { broker, observer } of [here, there]) await observer.untilLink(broker, "down");
  using grace = holdTimers(LINKS_RETURN_MS);
  const left = here.broker.presence.leave("room", "ann");
  const entered = there.broker.presence.enter("room", someone("ann"));
  hereProxy.set({});
  await here.observer.untilLink(here.broker, "up");
  valueOf(await here.broker.presence.enter("room", someone("bob")));
  thereProxy.set({});
  valueOf(await entered);
  grace.end();
  valueOf(await left);
  expect(await toldUntilSentinel(reader, "room")).toEqual(["+ann", "+bob"]);
});

test("of infos that waited for the link the one that was said last counts, whichever gateway is back first", async () => {
  await using redis = await startRedis();
  await settlePresence(redis.url, "");
  await using hereProxy = await TcpProxy.start(redis.port);
  await using thereProxy = await TcpProxy.start(redis.port);
  await using here = openBroker(`redis://127.0.0.1:${hereProxy.port}`);
  await using there = openBroker(`redis://127.0.0.1:${thereProxy.port}`);
  for (const [name, each] of Object.entries({ here, there })) {
    await each.observer.untilLink(each.broker, "up");
    await renew(each, name);
    valueOf(await each.broker.presence.enter("room", someone("ann", "1")));
  }
  for (const proxy of [hereProxy, thereProxy]) {
    proxy.set({ isRefusing: true });
    proxy.reset();
  }
  for (const { broker, observer } of [here, there]) await observer.untilLink(broker, "down");
  const older = here.broker.presence.enter("room", someone("ann", "2"));
  await nextMillisecond();
  const newer = there.broker.presence.enter("room", someone("ann", "3"));
  thereProxy.set({});
  valueOf(await newer);
  hereProxy.set({});
  valueOf(await older);
  const page = valueOf(await here.broker.presence.members("room", { limit: 1 }));
  expect(page.members).toEqual([someone("ann", "3")]);
  valueOf(await here.broker.presence.enter("room", someone("ann", "4")));
  expect(valueOf(await there.broker.presence.members("room", { limit: 1 })).members).toEqual([
    someone("ann", "4"),
  ]);
});

test("an info that waited for the link does not undo one that was said again since", async () => {
  await using opened = await openHereAndAway();
  const { proxy, away, here } = opened;
  for (const [name, each] of Object.entries({ here, away })) {
    await renew(each, name);
    valueOf(await each.broker.presence.enter("room", someone("ann", "1")));
  }
  proxy.set({ isRefusing: true });
  proxy.reset();
  await away.observer.untilLink(away.broker, "down");
  // Of whom the one was there, and the other was not.
  const late = ["ann", "bob"].map((id) => away.broker.presence.enter("room", someone(id, "2")));
  await nextMillisecond();
  for (const id of ["ann", "bob"]) valueOf(await here.broker.presence.enter("room", someone(id, "1")));
  proxy.set({});
  for (const each of late) valueOf(await each);
  const { members } = valueOf(await here.broker.presence.members("room", { limit: 2 }));
  expect(members).toEqual([someone("ann", "1"), someone("bob", "1")]);
});
