import { expect, test } from "vitest";
import { documentedRights, openAs } from "./documented-rights.ts";
import { valueOf } from "./observer.ts";
import { idsOn, renew, someone, told } from "./presence-helpers.ts";

/** As the document names them for the registry of gateways. */
const LEASES = [
  ..."+eval +hgetall +hset +hdel +get +set +pttl +pexpire +time +publish".split(" "),
  ..."~tidewire:leases ~tidewire:incarnation".split(" "),
];

test("a user with the documented rights can do all that there is to do with presence", async () => {
  const rights = documentedRights("For presence");
  expect(rights).toContain("+spop");
  await using opened = await openAs([...LEASES, ...rights]);
  const { broker, raw } = opened;
  const { presence } = broker;
  await renew(opened, "a");
  expect(await raw.get("tidewire:presence:quiet")).toMatch(/^(calm|anew)$/);
  valueOf(await presence.watch("room"));
  valueOf(await presence.enter("room", someone("ann")));
  expect(await raw.get("tidewire:presence:quiet")).toBe("anew");
  await raw.del("tidewire:presence:quiet");
  valueOf(await presence.enter("room", someone("bob")));
  valueOf(await presence.leave("room", "ann"));
  expect(await idsOn(opened, "room", 1)).toEqual(["bob"]);
  expect(valueOf(await presence.count("nowhere"))).toBe(0);
  expect(await idsOn(opened, "nowhere")).toEqual([]);
  // What is held under a lease that is over is removed, also on a channel with nobody else.
  await raw.sadd("tidewire:presence:held:1.x", "5 othercid");
  await raw.hset("tidewire:presence:terms", "1.x", "1 1 dead");
  await raw.hset("tidewire:presence:info:other", "cid", "1 1.x\nnull");
  await raw.zadd("tidewire:presence:members:other", 0, "cid");
  valueOf(await presence.watch("other"));
  await renew(opened, "a");
  const events = await told(opened, 5);
  // Notices and answers come over connections of their own, so when it is reset is open.
  expect(events.filter((event) => event !== "reset")).toEqual(["+ann", "+bob", "-ann", "-cid"]);
  expect(events).toContain("reset");
  expect(await raw.hlen("tidewire:presence:terms")).toBe(1);
});

test.each([
  ["the rights for presence", []],
  ["the rights for what the scripts do", ["~*"]],
])("a user without %s is refused, and its lease goes on", async (_name, rights) => {
  await using opened = await openAs([...LEASES, ...rights]);
  const { presence } = opened.broker;
  const entered = presence.enter("room", someone("ann"));
  expect(await renew(opened, "a")).toMatchObject({ isTaken: true });
  expect(await entered).toMatchObject({ error: { code: "refused" } });
  expect(await presence.members("room", { limit: 1 })).toMatchObject({ error: { code: "refused" } });
  expect(await presence.leave("room", "ann")).toEqual({ ok: true, value: undefined });
  expect(await renew(opened, "a")).toMatchObject({ isTaken: false });
});

test("a user whose rights are taken away is told so, and what it holds stays as it is", async () => {
  await using opened = await openAs([...LEASES, ...documentedRights("For presence")]);
  const { broker, raw } = opened;
  await renew(opened, "a");
  valueOf(await broker.presence.enter("room", someone("ann")));
  await raw.call("ACL", "SETUSER", "gate", "-sadd", "-srem");
  expect(await broker.presence.enter("room", someone("bob"))).toMatchObject({ error: { code: "refused" } });
  expect(await broker.presence.leave("room", "ann")).toMatchObject({ error: { code: "refused" } });
  expect(await idsOn(opened, "room")).toEqual(["ann"]);
  await raw.call("ACL", "SETUSER", "gate", "+sadd", "+srem");
  await renew(opened, "a");
  await expect.poll(() => idsOn(opened, "room")).toEqual([]);
});

test("a channel whose steps may not be heard is refused", async () => {
  await using opened = await openAs([
    ...LEASES,
    ...documentedRights("For presence"),
    ..."resetchannels &tidewire:probe:* &tidewire:notice &tidewire:question &tidewire:answer:*".split(" "),
  ]);
  expect(await opened.broker.presence.watch("room")).toMatchObject({ error: { code: "refused" } });
});
