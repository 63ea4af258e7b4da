import { describe, expect, test } from "vitest";
import type { ConnectionState } from "../src/index.ts";
import { begin, beginConnected, comeBack, nextTry, settle, welcome } from "./fake-world.ts";

const hang = () => new Promise<string>(() => {});

describe("a client", () => {
  test("connects at once, and knows with whom while it is", async () => {
    const { client, world } = begin();
    const kinds: string[] = [];
    client.onState(({ kind }) => kinds.push(kind));
    expect(client.state).toEqual({ kind: "connecting" });
    expect(world.socket).toMatchObject({ url: "ws://gateway.test/", subprotocol: "tidewire.v1" });
    await welcome(world, { user: "7" });
    expect(client.connection).toEqual({ id: "Qd1.1", gateway: "Qd1", user: "7" });
    world.socket.end(1006);
    expect(client.connection).toBeUndefined();
    await nextTry(world);
    await welcome(world);
    expect(kinds).toEqual(["connected", "waiting", "connecting", "connected"]);
  });

  test("waits a random time that grows with each failure, up to a bound", async () => {
    const { client, world } = begin({ minBackoffMs: 100, maxBackoffMs: 1_000 });
    const waits: number[] = [];
    const note = (state: ConnectionState) => state.kind === "waiting" && waits.push(state.retryInMs);
    client.onState(note);
    for (const chance of [0.5, 0.5, 0.5, 0, 0.999, 0.5]) {
      world.chance = chance;
      world.socket.end(1006);
      await nextTry(world);
    }
    expect(waits).toEqual([50, 100, 200, 0, 999, 500]);
  });

  test("does not take a connection that ends at once for a recovery", async () => {
    const { client, world } = await beginConnected({ steadyAfterMs: 5_000 });
    const waits: number[] = [];
    client.onState((state) => state.kind === "waiting" && waits.push(state.retryInMs));
    await comeBack(world);
    await comeBack(world);
    world.advance(5_000);
    await comeBack(world);
    expect(waits).toEqual([250, 500, 250]);
  });

  test("comes back when a gateway that leaves says so, within its own bound", async () => {
    const { client, world, socket } = await beginConnected({ maxBackoffMs: 10_000 });
    socket.say({ type: "leaving", reconnectMs: 731 });
    world.advance(31);
    socket.end(4000);
    expect(client.state).toMatchObject({ kind: "waiting", retryInMs: 700 });
    await nextTry(world);
    const again = await welcome(world);
    world.advance(5_000);
    again.say({ type: "leaving", reconnectMs: 3_600_000 });
    again.end(4000);
    expect(client.state).toMatchObject({ kind: "waiting", retryInMs: 10_000 });
  });

  test.each([1000, 4500, 4501, 4999])("stays away after %d, and says why", async (code) => {
    const { client, world, socket } = await beginConnected();
    const published = client.channel("room:1").publish("hello");
    const subscription = client.channel("room:1").subscribe(() => {});
    socket.end(code, "the reason");
    expect(client.state).toMatchObject({
      kind: "stopped",
      reason: { code: "refused", closeCode: code, message: "the reason" },
    });
    await expect(published).rejects.toMatchObject({ code: "refused" });
    await expect(subscription.ready).rejects.toMatchObject({ code: "refused" });
    await expect(client.channel("room:1").publish("more")).rejects.toMatchObject({ code: "refused" });
    expect(client.channel("room:1").subscribe(() => {}).state.kind).toBe("ended");
    expect([world.timers.size, world.wakers.size]).toEqual([0, 0]);
  });

  test("stays away from a gateway whose application does not let it in, and comes back to one that can't ask", async () => {
    for (const [error, kind] of [
      [{ code: "forbidden", retry: false }, "stopped"],
      [{ code: "unavailable", retry: true }, "waiting"],
    ] as const) {
      const { client, world } = begin();
      world.socket.open();
      const [connect] = await world.socket.lines();
      world.socket.say({ type: "error", id: connect?.id, message: "", ...error });
      expect(client.state).toMatchObject({ kind, reason: error });
    }
  });

  test("stays away from a URL that the page may not open", () => {
    const { client, world } = begin();
    world.openFault = new Error("insecure");
    world.socket.end(1006);
    world.advance(500);
    expect(client.state).toMatchObject({
      kind: "stopped",
      reason: { code: "refused", cause: world.openFault },
    });
  });

  test("tries at once when the network comes back, also instead of a try without it", async () => {
    const { world } = begin();
    const [first] = world.sockets;
    world.wake("online");
    expect(world.sockets).toHaveLength(2);
    expect(first?.isClosed).toBe(true);
    world.socket.end(1006);
    world.wake("online");
    expect(world.sockets).toHaveLength(3);
    world.socket.end(1006);
    world.wake("visible");
    expect(world.sockets).toHaveLength(4);
    expect(world.timers.size).toBe(1);
  });

  test("tries at once when it is told to, while it waits and only then", async () => {
    const { client, world, socket } = await beginConnected();
    client.retryNow();
    expect(world.sockets).toEqual([socket]);
    socket.end(1006);
    client.retryNow();
    expect(client.state.kind).toBe("connecting");
    client.retryNow();
    expect(world.sockets).toHaveLength(2);
    world.advance(1_000);
    expect(world.sockets).toHaveLength(2);
    world.socket.end(4500);
    client.retryNow();
    expect([client.state.kind, world.sockets.length]).toEqual(["stopped", 2]);
  });

  test.each(["online", "visible"] as const)("asks for a sign of life when it is %s again", async (wake) => {
    const { client, world, socket } = await beginConnected();
    world.wake(wake);
    world.wake(wake);
    const [ping, ...more] = await socket.lines();
    expect([ping?.type, more]).toEqual(["ping", []]);
    world.advance(10_000);
    expect(client.state.kind).not.toBe("connected");
  });

  test("that is closed leaves no timer and no listener, wherever it was", async () => {
    const inAll = await beginConnected({ token: "first", getToken: hang });
    inAll.client.channel("room:1").subscribe(() => {});
    inAll.client
      .channel("room:1")
      .publish("hello")
      .catch(() => {});
    inAll.client
      .channel("room:1")
      .history()
      .catch(() => {});
    inAll.socket.say({ type: "expiring", expiresInMs: 1 });
    const waiting = begin();
    waiting.world.socket.end(1006);
    const hanging = begin({ getToken: hang });
    for (const { client, world } of [inAll, begin(), waiting, hanging]) {
      const states: string[] = [];
      client.onState(({ kind }) => states.push(kind));
      await settle();
      client.close();
      client.close();
      expect([world.timers.size, world.wakers.size, states]).toEqual([0, 0, ["closed"]]);
      await settle();
      expect(world.sockets.every((socket) => socket.isClosed)).toBe(true);
      await expect(client.channel("room:1").publish("late")).rejects.toMatchObject({ code: "closed" });
    }
  });

  test("closed by its own listener is closed, and nothing of it goes on", async () => {
    const { client, world } = begin();
    const kinds: string[] = [];
    client.onState(() => client.close());
    client.onState(({ kind }) => kinds.push(kind));
    const socket = await welcome(world);
    expect(kinds).toEqual(["connected", "closed"]);
    expect([socket.isClosed, world.timers.size, world.wakers.size]).toEqual([true, 0, 0]);
  });
});

describe("a listener that throws", () => {
  test("is reported, and the others are called", async () => {
    const { client, socket, errors } = await beginConnected();
    const fault = new Error("a bug");
    const heard: unknown[] = [];
    const fail = () => {
      throw fault;
    };
    const channel = client.channel("room:1");
    channel.subscribe({ onMessage: fail, onState: fail, onGap: fail, onRemoved: fail });
    channel.subscribe({ onMessage: ({ data }) => heard.push(data), onGap: () => heard.push("gap") });
    client.onState(fail);
    const [line] = await socket.lines();
    socket.say({ type: "subscribed", id: line?.id, channel: "room:1", resumable: false });
    socket.say(
      { type: "message", channel: "room:1", time: 1, data: "a" },
      { type: "gap", channel: "room:1" },
    );
    socket.say({ type: "removed", channel: "room:1", code: "forbidden", message: "" });
    socket.end(1006);
    expect(heard).toEqual(["a", "gap"]);
    expect(errors).toEqual([fault, fault, fault, fault, fault, fault]);
    expect(client.state.kind).toBe("waiting");
  });
});
