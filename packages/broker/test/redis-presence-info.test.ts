/** The info of a member whom several gateways hold, on one Redis that does not fail. */
import { type RedisServer, startRedis } from "@tidewire/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { valueOf } from "./observer.ts";
import type { Opened } from "./open-broker.ts";
import { nextMillisecond, openThree, renew, someone, toldUntilSentinel } from "./presence-helpers.ts";

let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis[Symbol.asyncDispose]());

async function infosOn({ broker }: Opened): Promise<string[]> {
  const { members } = valueOf(await broker.presence.members("room", { limit: 10 }));
  return members.map(({ info }) => info);
}

describe("the info of a member", () => {
  test("is what was said last, also when a gateway says again what it said before", async () => {
    await using opened = await openThree(redis.url, "repeated:");
    const { keeper, a, b } = opened;
    valueOf(await a.broker.presence.enter("room", someone("ann", "1")));
    valueOf(await b.broker.presence.enter("room", someone("ann", "2")));
    await nextMillisecond();
    valueOf(await a.broker.presence.enter("room", someone("ann", "1")));
    expect(await infosOn(keeper)).toEqual(["1"]);
    expect(await toldUntilSentinel(keeper, "room")).toEqual(["+ann", "~ann", "~ann"]);
  });

  test("stays where it is entered without any", async () => {
    await using opened = await openThree(redis.url, "unnamed:");
    const { keeper, a, b } = opened;
    valueOf(await a.broker.presence.enter("room", someone("ann", "1")));
    valueOf(await b.broker.presence.enter("room", someone("ann", "")));
    expect(await infosOn(keeper)).toEqual(["1"]);
    valueOf(await a.broker.presence.leave("room", "ann"));
    expect(await infosOn(keeper)).toEqual(["1"]);
    // It is said that there is none any more.
    valueOf(await b.broker.presence.enter("room", someone("ann", "2")));
    valueOf(await b.broker.presence.enter("room", someone("ann", "")));
    expect(await infosOn(keeper)).toEqual([""]);
    expect(await toldUntilSentinel(keeper, "room")).toEqual(["+ann", "~ann", "~ann"]);
  });

  test("is not undone by a gateway that enters anew what it said before", async () => {
    await using opened = await openThree(redis.url, "newer:");
    const { keeper, a, b, raw, own } = opened;
    valueOf(await a.broker.presence.enter("room", someone("ann", "old")));
    valueOf(await b.broker.presence.enter("room", someone("ann", "new")));
    await raw.hdel(`${own}leases`, "a");
    const { incarnation } = await renew(a, "a");
    // Under the new lease all is entered again, and then the term before is over.
    const isEnteredAgain = async () => {
      const terms = await raw.hkeys(`${own}presence:terms`);
      return terms.length === 3 && terms.some((term) => term.startsWith(`${incarnation}.`));
    };
    await expect.poll(isEnteredAgain).toBe(true);
    const { members } = valueOf(await keeper.broker.presence.members("room", { limit: 1 }));
    expect(members).toEqual([{ id: "ann", info: "new" }]);
  });
});
