import { describe, expect, test, vi } from "vitest";
import type { SocketLike } from "../src/environment.ts";
import { shareTabs } from "../src/shared/share-tabs.ts";
import { FakeWorld, settle } from "./fake-world.ts";
import { environmentOf, until } from "./shared-world.ts";

/** A worker that never answers. */
const silent = () => ({ port: new MessageChannel().port1, addEventListener: () => {} });

/** What is heard of it. */
function eventsOf(socket: SocketLike): string[] {
  const events: string[] = [];
  const { signal } = new AbortController();
  socket.addEventListener("open", () => events.push("open"), { signal });
  socket.addEventListener("message", ({ data }) => events.push(`message ${data}`), { signal });
  socket.addEventListener("close", ({ code }) => events.push(`close ${code}`), { signal });
  return events;
}

describe("a tab has a connection of its own", () => {
  test("when the worker does not answer in time, from then on", async () => {
    const world = new FakeWorld();
    const environment = shareTabs(silent)(environmentOf(world));
    const socket = environment.openSocket("ws://gateway.test/", "tidewire.v1");
    const events = eventsOf(socket);
    world.advance(2_999);
    expect(world.sockets).toHaveLength(0);
    world.advance(1);
    world.socket.open();
    world.socket.say("hello");
    socket.send("over there");
    world.socket.end(4000);
    expect(events).toEqual(["open", "message hello", "close 4000"]);
    expect(world.socket.frames).toEqual(["over there"]);
    environment.openSocket("ws://gateway.test/", "tidewire.v1");
    expect(world.sockets).toHaveLength(2);
  });

  test("when no worker can be started", () => {
    const world = new FakeWorld();
    const environment = shareTabs(() => {
      throw new ReferenceError("SharedWorker is not defined");
    })(environmentOf(world));
    environment.openSocket("ws://gateway.test/", "tidewire.v1");
    expect(world.sockets).toHaveLength(1);
  });

  test("when the worker speaks another version", async () => {
    const world = new FakeWorld();
    const { port1, port2 } = new MessageChannel();
    port2.addEventListener("message", () => port2.postMessage({ kind: "refused" }));
    port2.start();
    shareTabs(() => ({ port: port1, addEventListener: () => {} }))(environmentOf(world)).openSocket(
      "ws://a.test/",
      "",
    );
    await until(() => world.sockets.length === 1);
    expect(world.timers.size).toBe(0);
  });

  test("when the script of the worker can't be loaded, unless it was closed meanwhile", async () => {
    const world = new FakeWorld();
    const faults = new EventTarget();
    const start = () => ({
      ...silent(),
      addEventListener: faults.addEventListener.bind(faults) as () => void,
    });
    const environment = shareTabs(start)(environmentOf(world));
    environment.openSocket("ws://a.test/", "").close();
    await settle();
    faults.dispatchEvent(new Event("error"));
    expect(world.sockets).toHaveLength(0);
    environment.openSocket("ws://a.test/", "");
    faults.dispatchEvent(new Event("error"));
    expect(world.sockets).toHaveLength(1);
    expect(world.timers.size).toBe(0);
  });

  test("when it may not hold a lock, unless it was closed meanwhile", async () => {
    const world = new FakeWorld();
    const denied = Promise.reject(new DOMException("no", "SecurityError"));
    vi.stubGlobal("navigator", { locks: { request: () => denied } });
    const environment = shareTabs(silent)(environmentOf(world));
    environment.openSocket("ws://a.test/", "").close();
    await settle();
    expect(world.sockets).toHaveLength(0);
    environment.openSocket("ws://a.test/", "");
    await until(() => world.sockets.length === 1);
    vi.unstubAllGlobals();
  });

  test("where there are no locks", () => {
    const world = new FakeWorld();
    vi.stubGlobal("navigator", {});
    shareTabs(silent)(environmentOf(world)).openSocket("ws://a.test/", "");
    expect(world.sockets).toHaveLength(1);
    vi.unstubAllGlobals();
  });
});
