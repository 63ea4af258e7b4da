import { describe, expect, test } from "vitest";
import { begin, beginConnected, nextTry, settle, welcome } from "./fake-world.ts";

/** Gives `token-1`, `token-2` and so on; or what the test puts before them. */
function tokens(...first: (() => Promise<string>)[]) {
  let count = 0;
  const getToken = () => {
    count += 1;
    return first.shift()?.() ?? Promise.resolve(`token-${count}`);
  };
  return { getToken, count: () => count };
}

const fail = () => Promise.reject(new Error("the application's server is away"));
const hang = () => new Promise<string>(() => {});
const throwAtOnce = () => {
  throw new Error("a bug");
};
const SIGNED_IN = { user: "7", expiresInMs: 60_000 };

describe("a token", () => {
  test("is sent in `connect`, the given one first, and kept over connections while it lasts", async () => {
    const source = tokens();
    const { client, world } = begin({ token: "given", getToken: source.getToken });
    world.socket.open();
    expect(await world.socket.lines()).toMatchObject([{ type: "connect", token: "given" }]);
    world.socket.end(1006);
    await nextTry(world);
    await welcome(world, SIGNED_IN);
    expect(source.count()).toBe(0);
    world.socket.end(1006);
    world.suspend(60_000);
    await nextTry(world);
    world.socket.open();
    expect(await world.socket.lines()).toMatchObject([{ token: "token-1" }]);
    client.close();
  });

  test.each([
    ["rejects", fail, 0],
    ["throws", throwAtOnce, 0],
    ["hangs", hang, 10_000],
    ["is empty", () => Promise.resolve(""), 0],
  ] as const)("whose source %s is asked for again after a wait", async (_, source, afterMs) => {
    const { getToken } = tokens(source);
    const { client, world } = begin({ getToken });
    await settle();
    world.advance(afterMs);
    await settle();
    expect(client.state).toMatchObject({ kind: "waiting", reason: { code: "token_failed", retry: true } });
    await nextTry(world);
    world.socket.open();
    expect(await world.socket.lines()).toMatchObject([{ type: "connect", token: "token-2" }]);
    expect(world.timers.size).toBe(1);
  });

  test("that ends soon is refreshed on the connection, however often its source fails", async () => {
    const { getToken } = tokens(() => Promise.resolve("first"), fail, hang, throwAtOnce);
    const options = { getToken, heartbeatIntervalMs: 60_000 };
    const { client, world, socket } = await beginConnected(options, SIGNED_IN);
    socket.say({ type: "expiring", expiresInMs: 30_000 }, { type: "expiring", expiresInMs: 29_000 });
    let sent = await socket.lines();
    while (sent.length === 0) {
      world.advance(100);
      sent = await socket.lines();
    }
    expect(sent).toMatchObject([{ type: "refresh", token: "token-5" }]);
    socket.say({ type: "error", id: sent[0]?.id, code: "unauthorized", message: "", retry: false });
    world.advance(4_000);
    const [again] = await socket.lines();
    expect(again).toMatchObject({ type: "refresh", token: "token-6" });
    socket.say({ type: "refreshed", id: again?.id, expiresInMs: 60_000 });
    socket.say({ type: "expiring", expiresInMs: 30_000 });
    expect(await socket.lines()).toMatchObject([{ type: "refresh", token: "token-7" }]);
    expect(client.state.kind).toBe("connected");
  });

  test("that has ended is replaced before the client comes back", async () => {
    const { getToken } = tokens();
    const { world, socket } = await beginConnected({ getToken }, SIGNED_IN);
    socket.end(4004);
    await nextTry(world);
    world.socket.open();
    expect(await world.socket.lines()).toMatchObject([{ type: "connect", token: "token-2" }]);
  });

  test("that is not accepted is replaced once, and then the client stays away and says why", async () => {
    const source = tokens();
    const { client, world } = begin({ token: "old", getToken: source.getToken });
    world.socket.end(4504);
    await nextTry(world);
    world.socket.open();
    expect(await world.socket.lines()).toMatchObject([{ token: "token-1" }]);
    world.socket.end(4504, "not accepted");
    expect(client.state).toMatchObject({
      kind: "stopped",
      reason: { code: "unauthorized", closeCode: 4504 },
    });
    expect(source.count()).toBe(1);
    expect(world.timers.size).toBe(0);
  });

  test.each([4004, 4504])("of which there is no other leads to staying away after %d", (code) => {
    const { client, world } = begin({ token: "only" });
    world.socket.end(code);
    expect(client.state).toMatchObject({ kind: "stopped", reason: { code: "unauthorized" } });
  });

  test("that comes too late is dropped", async () => {
    const late = Promise.withResolvers<string>();
    const { getToken } = tokens(() => late.promise, hang);
    const { client, world } = begin({ getToken });
    world.advance(10_000);
    world.wake("online");
    late.resolve("late");
    await settle();
    expect(client.state.kind).toBe("connecting");
    expect(world.sockets).toEqual([]);
  });

  test("that comes when the client is closed is dropped", async () => {
    const late = Promise.withResolvers<string>();
    const { client, world } = begin({ getToken: () => late.promise });
    client.close();
    late.resolve("late");
    await settle();
    expect(world.sockets).toEqual([]);
  });
});
