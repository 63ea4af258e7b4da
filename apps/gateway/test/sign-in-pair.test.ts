/** Clients that sign in at several gateways on one Redis. */
import { CLOSE_CODES } from "@tidewire/protocol";
import { type RedisServer, startRedis, TcpProxy } from "@tidewire/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { plainOf, post, repeat, startOn, v1Of } from "./signed-in.ts";
import { mint } from "./tokens.ts";

describe("on two gateways", () => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis[Symbol.asyncDispose]());

  test("what a server sends to a user at a third reaches every socket of that user, and nobody else's", async () => {
    await using left = await startOn(redis.port);
    await using right = await startOn(redis.port);
    await using third = await startOn(redis.port);
    const [sevenPlain, sevenV1] = [await plainOf(left, "7"), await v1Of(right, "7")];
    const [eightPlain, eightV1] = [await plainOf(right, "8"), await v1Of(left, "8")];
    await post(third, "message", { userId: 7, message: "for 7" });
    expect(await sevenPlain.next()).toBe("for 7");
    expect(await sevenV1.pushes.next()).toMatchObject({ channel: "user:7", data: "for 7" });
    await post(third, "message", { userId: "8", message: "sentinel" });
    expect(await eightPlain.next()).toBe("sentinel");
    expect(await eightV1.pushes.next()).toMatchObject({ data: "sentinel" });
    expect(await left.refused(`?channel=user:7&token=${await mint({ sub: "8" })}`)).toMatchObject({
      status: 403,
    });
    for (const client of [sevenPlain, sevenV1, eightPlain, eightV1]) await client[Symbol.asyncDispose]();
  });

  test("a user is disconnected everywhere, and may come back", async () => {
    await using left = await startOn(redis.port);
    await using right = await startOn(redis.port);
    const clients = [await plainOf(left, "7"), await v1Of(right, "7")];
    await using other = await v1Of(right, "8");
    expect(await post(left, "api/v1/disconnect", { user: 7 })).toEqual({ status: 200, body: {} });
    for (const { closed } of clients) expect((await closed).code).toBe(CLOSE_CODES.disconnected.code);
    await using again = await plainOf(right, "7");
    again.send("back");
    expect(await again.next()).toBe("back");
    expect(await other.request("ping")).toMatchObject({ type: "pong" });
  });

  test("a revoked token, and a revoked user's tokens, are good nowhere any more", async () => {
    await using left = await startOn(redis.port);
    await using right = await startOn(redis.port);
    const marked = await mint({ sub: "10", claims: { jti: "t-10" } });
    await using plain = await left.connect(`?channel=room:1&token=${marked}`);
    await using same = await v1Of(right, "10");
    await post(right, "api/v1/revoke", { tokenId: "t-10" });
    expect((await plain.closed).code).toBe(CLOSE_CODES.revoked.code);
    expect(await same.request("ping")).toMatchObject({ type: "pong" });
    await post(left, "api/v1/revoke", { user: "10" });
    expect((await same.closed).code).toBe(CLOSE_CODES.revoked.code);
    await using late = await startOn(redis.port);
    for (const gateway of [left, right, late]) {
      expect(await gateway.refused(`?token=${marked}`)).toMatchObject({ status: 401 });
    }
  });

  test("a user who was revoked while a gateway's links were dead gets nothing from it after", async () => {
    await using proxy = await TcpProxy.start(redis.port);
    await using here = await startOn(redis.port);
    await using cutOff = await startOn(proxy.port);
    await using revoked = await v1Of(cutOff, "11");
    await revoked.request("subscribe", { channel: "room:1" });
    await using other = await v1Of(cutOff, "12");
    await other.request("subscribe", { channel: "room:1" });
    proxy.set({ blackhole: ["up", "down"] });
    proxy.reset();
    await cutOff.links.find(({ state }) => state === "down");
    await post(here, "api/v1/revoke", { user: "11" });
    const over = new AbortController();
    const secret = { channels: ["room:1", "user:11"], data: "secret" };
    const publishing = repeat(() => post(here, "api/v1/publish", secret), over.signal);
    proxy.set({});
    await other.pushes.find(({ data }) => data === "secret");
    expect((await revoked.closed).code).toBe(CLOSE_CODES.revoked.code);
    await expect(revoked.pushes.next()).rejects.toThrow(/closed: 4505/);
    over.abort();
    await publishing;
  });
});
