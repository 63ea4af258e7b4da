/** The life of a connection as the page sees it, on a clock and sockets in the test's hand. */

import { describe, expect, test } from "vitest";
import { SocketStore } from "../src/socket-store.ts";
import { FakeWorld } from "./fake-world.ts";

const target = { url: "ws://127.0.0.1:1234/", channel: "channel" };

function openedStore() {
  const world = new FakeWorld();
  const store = new SocketStore(world);
  store.open(target);
  world.pass(0);
  return { world, store };
}

function connectedStore() {
  const { world, store } = openedStore();
  world.socket.opens();
  return { world, store };
}

const kindOf = (store: SocketStore) => store.getSnapshot().state.kind;
const notesOf = (store: SocketStore) =>
  store.getSnapshot().log.entries.flatMap((entry) => (entry.kind === "note" ? [entry.text] : []));
const textsOf = (store: SocketStore) =>
  store.getSnapshot().log.entries.flatMap((entry) => (entry.kind === "text" ? [entry.text] : []));

describe("connecting", () => {
  test("opens the channel's address and asks for binary as array buffers", () => {
    const { world, store } = openedStore();
    expect(world.socket.url).toBe(target.url);
    expect(world.socket.binaryType).toBe("arraybuffer");
    expect(kindOf(store)).toBe("connecting");
    world.socket.opens();
    expect(kindOf(store)).toBe("open");
    expect(notesOf(store)).toEqual(["Connected. Listening on “channel”."]);
  });

  test("mounted, unmounted and mounted again in one turn, it opens one socket only", () => {
    const world = new FakeWorld();
    const store = new SocketStore(world);
    store.open(target);
    store.close();
    store.open(target);
    world.pass(0);
    expect(world.sockets).toHaveLength(1);
    expect(world.socket.isClosed).toBe(false);
  });

  test("closed, it leaves no socket and no timer, and hears nothing more", () => {
    const { world, store } = connectedStore();
    store.close();
    expect(world.socket.isClosed).toBe(true);
    expect(world.pendingTimers).toBe(0);
    world.socket.brings("late");
    world.socket.ends(1006);
    expect(kindOf(store)).toBe("idle");
    expect(textsOf(store)).toEqual([]);
    expect(world.pendingTimers).toBe(0);
  });

  test("another channel replaces the socket, and is no reconnection", () => {
    const { world, store } = connectedStore();
    const first = world.socket;
    store.open({ url: `${target.url}?channel=b`, channel: "b" });
    world.pass(0);
    expect(first.isClosed).toBe(true);
    world.socket.opens();
    first.brings("from the channel left behind");
    expect(textsOf(store)).toEqual([]);
    expect(notesOf(store).at(-1)).toBe("Connected. Listening on “b”.");
  });

  test("a try that gets no answer is given up after ten seconds", () => {
    const { world, store } = openedStore();
    const first = world.socket;
    world.pass(9_999);
    expect(kindOf(store)).toBe("connecting");
    world.pass(1);
    expect(first.isClosed).toBe(true);
    expect(kindOf(store)).toBe("waiting");
  });

  test("halted, it says why and offers no second try", () => {
    const { world, store } = connectedStore();
    store.halt({ title: "Not a channel", detail: "reserved" });
    expect(world.socket.isClosed).toBe(true);
    expect(store.getSnapshot().state).toMatchObject({ kind: "stopped", canRetry: false });
    store.tryNow();
    expect(world.sockets).toHaveLength(1);
  });
});

describe("coming back", () => {
  test("after a loss it waits as long as luck says, and notes the possible gap", () => {
    const { world, store } = connectedStore();
    world.pass(60_000);
    world.socket.ends(1001, "restarting");
    expect(store.getSnapshot().state).toMatchObject({
      kind: "waiting",
      retryAtMs: world.nowMs() + 250,
    });
    world.pass(249);
    expect(world.sockets).toHaveLength(1);
    world.pass(1);
    world.socket.opens();
    expect(notesOf(store)).toEqual([
      "Connected. Listening on “channel”.",
      "Connection lost. The gateway says: restarting (code 1001)",
      "Connected to “channel” again.",
      "Possible gap: messages sent meanwhile were not kept for this page.",
    ]);
  });

  test("a first connection after failed tries speaks of no gap", () => {
    const { world, store } = openedStore();
    world.socket.ends(1006);
    world.pass(250);
    world.socket.opens();
    expect(notesOf(store).at(-1)).toBe("Connected. Listening on “channel”.");
  });

  test("a long outage doubles the wait up to the cap and is noted once", () => {
    const { world, store } = openedStore();
    world.luck = 1;
    const waits: number[] = [];
    for (let round = 0; round < 7; round += 1) {
      world.socket.ends(1006);
      const { state } = store.getSnapshot();
      if (state.kind !== "waiting") throw new Error(`it is ${state.kind}`);
      waits.push(state.retryAtMs - world.nowMs());
      world.pass(state.retryAtMs - world.nowMs());
    }
    expect(waits).toEqual([500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000]);
    expect(notesOf(store)).toHaveLength(1);
  });

  test("a gateway that accepts and hangs up at once does not reset the wait", () => {
    const { world, store } = connectedStore();
    world.luck = 1;
    world.socket.ends(4001);
    world.pass(500);
    world.socket.opens();
    world.socket.ends(4001);
    expect(store.getSnapshot().state).toMatchObject({ retryAtMs: world.nowMs() + 1_000 });
  });

  test.each([1003, 1006, 1007, 1009, 1011, 4000, 4499])("code %i comes back", (code) => {
    const { world, store } = connectedStore();
    world.socket.ends(code);
    expect(kindOf(store)).toBe("waiting");
    world.pass(10_000);
    expect(world.sockets.length).toBeGreaterThan(1);
  });

  test.each([4500, 4999])("code %i stays away until the person asks", (code) => {
    const { world, store } = connectedStore();
    world.socket.ends(code, "no longer welcome");
    expect(store.getSnapshot().state).toMatchObject({
      kind: "stopped",
      canRetry: true,
      failure: { detail: `The gateway says: no longer welcome (code ${code})` },
    });
    world.pass(3_600_000);
    store.onSurroundingsChange();
    expect(world.sockets).toHaveLength(1);
    store.tryNow();
    expect(world.sockets).toHaveLength(2);
  });

  test("coming back into view, it does not wait any longer", () => {
    const { world, store } = connectedStore();
    world.luck = 1;
    world.socket.ends(1006);
    store.onSurroundingsChange();
    expect(kindOf(store)).toBe("connecting");
    expect(world.sockets).toHaveLength(2);
    world.pass(500);
    expect(world.sockets).toHaveLength(2);
  });
});

describe("offline", () => {
  test("without a network it says so, and connects when there is one again", () => {
    const { world, store } = connectedStore();
    world.luck = 1;
    world.hasNetwork = false;
    world.socket.ends(1006);
    expect(kindOf(store)).toBe("offline");
    world.hasNetwork = true;
    store.onSurroundingsChange();
    expect(kindOf(store)).toBe("connecting");
    world.socket.opens();
    expect(kindOf(store)).toBe("open");
  });

  test("it keeps trying quietly, since a gateway on this machine needs no network", () => {
    const { world, store } = connectedStore();
    world.hasNetwork = false;
    world.socket.ends(1006);
    world.pass(10_000);
    expect(kindOf(store)).toBe("offline");
    world.socket.opens();
    expect(store.getSnapshot().state).toEqual({ kind: "open", isDeviceOffline: true });
  });

  test("a connection that stands when the network goes is kept, with a warning", () => {
    const { world, store } = connectedStore();
    world.hasNetwork = false;
    store.onSurroundingsChange();
    expect(store.getSnapshot().state).toEqual({ kind: "open", isDeviceOffline: true });
    expect(world.socket.isClosed).toBe(false);
  });
});

describe("messages", () => {
  test("what arrives between two frames is one update", () => {
    const { world, store } = connectedStore();
    let updates = 0;
    store.subscribe(() => (updates += 1));
    for (let n = 0; n < 100; n += 1) world.socket.brings(`message ${n}`);
    expect(world.pendingFrames).toBe(1);
    expect(updates).toBe(0);
    world.drawFrame();
    expect(updates).toBe(1);
    expect(textsOf(store)).toHaveLength(100);
  });

  test("a state keeps its identity while messages arrive", () => {
    const { world, store } = connectedStore();
    const before = store.getSnapshot().state;
    world.socket.brings("text");
    world.drawFrame();
    expect(store.getSnapshot().state).toBe(before);
  });

  test("binary is told by its size and its first bytes", () => {
    const { world, store } = connectedStore();
    world.socket.brings(new Uint8Array([0, 255, 16]).buffer);
    world.drawFrame();
    expect(store.getSnapshot().log.entries.at(-1)).toMatchObject({
      kind: "binary",
      sizeBytes: 3,
      preview: "00 ff 10",
    });
  });

  test("what arrived stands before the note that the connection was lost", () => {
    const { world, store } = connectedStore();
    world.socket.brings("last words");
    world.socket.ends(1006);
    const kinds = store.getSnapshot().log.entries.map((entry) => entry.kind);
    expect(kinds).toEqual(["note", "text", "note"]);
  });

  test("sending says whether the text went out", () => {
    const { world, store } = connectedStore();
    expect(store.send("hello")).toBe(true);
    expect(world.socket.sent).toEqual(["hello"]);
    world.socket.ends(1006);
    expect(store.send("into the void")).toBe(false);
    expect(world.socket.sent).toEqual(["hello"]);
  });
});
