/** What the tap sees of a real client, whose socket and clock are in the test's hands. */

import { connect, type ConnectOptions } from "@tidewire/sdk";
import { describe, expect, test } from "vitest";
import { createTap, type Tap } from "../src/happening/tap.ts";

const CONNECTED = {
  type: "connected",
  id: 1,
  connection: "g.1",
  gateway: "g",
  maxMessageBytes: 65_536,
  maxFrameBytes: 524_288,
  heartbeatIntervalMs: 0,
  idempotencyWindowMs: 300_000,
};
const TOKEN = "aaa.bbb.ccc";

class FakeSocket extends EventTarget {
  readonly sent: string[] = [];
  isClosed = false;

  send(text: string): void {
    this.sent.push(text);
  }

  close(): void {
    this.isClosed = true;
  }

  open(): void {
    this.dispatchEvent(new Event("open"));
  }

  says(...lines: readonly (string | object)[]): void {
    const data = lines.map((line) => (typeof line === "string" ? line : JSON.stringify(line))).join("\n");
    this.dispatchEvent(new MessageEvent("message", { data }));
  }

  ends(code: number, reason: string): void {
    this.dispatchEvent(new CloseEvent("close", { code, reason }));
  }
}

function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** A client on a tap, whose socket is open. */
async function begin(options: ConnectOptions = {}) {
  const clock = { nowMs: 1_000_000, dateMs: 5 };
  const drawn: (() => void)[] = [];
  const tap = createTap({
    nowMs: () => clock.nowMs,
    dateMs: () => clock.dateMs,
    nextFrame: (callback) => void drawn.push(callback),
  });
  const socket = new FakeSocket();
  const client = connect("ws://gateway.test/", {
    heartbeatIntervalMs: 0,
    ...options,
    share: (environment) => tap.share({ ...environment, openSocket: () => socket as unknown as WebSocket }),
  });
  await settled();
  socket.open();
  await settled();
  return { clock, drawn, tap, socket, client, [Symbol.dispose]: () => client.close() };
}

/** The same, once the gateway has greeted it. */
async function beginConnected(options: ConnectOptions = {}) {
  const begun = await begin(options);
  begun.socket.says(CONNECTED);
  return begun;
}

const seen = (tap: Tap) => tap.getSnapshot().frames.map(({ kind, text }) => `${kind}: ${text}`.trim());

describe("the tap", () => {
  test("shows what passes in both directions, line by line, and leaves it as it is", async () => {
    using begun = await beginConnected();
    const { tap, socket, client, clock } = begun;
    clock.nowMs += 250;
    const published = client.channel("a").publish({ text: "hello" }, { key: "k" });
    await settled();
    const heard: unknown[] = [];
    client.channel("a").subscribe(({ data }) => heard.push(data));
    await settled();
    const subscribed = '{"type":"subscribed","id":3,"channel":"a","resumable":false}';
    const message = '{"type":"message","channel":"a","time":1,"data":{"n":1.50}}';
    socket.says({ type: "published", id: 2, duplicate: false });
    socket.says(subscribed, message, message);
    expect(await published).toEqual({ duplicate: false });
    expect(heard).toEqual([{ n: 1.5 }, { n: 1.5 }]);
    expect(seen(tap).slice(0, 2)).toEqual(["opened:", `sent: ${socket.sent[0]}`]);
    expect(seen(tap).slice(3)).toEqual([
      'sent: {"type":"publish","id":2,"channel":"a","key":"k","data":{"text":"hello"}}',
      `sent: ${socket.sent[2]}`,
      'received: {"type":"published","id":2,"duplicate":false}',
      `received: ${subscribed}\n${message}\n${message}`,
    ]);
    expect(tap.getSnapshot().frames.at(-1)).toMatchObject({ sinceMs: 250, sizeBytes: 180 });
  });

  test("never keeps a token, neither the first nor a later one", async () => {
    const later = "ddd.eee.fff";
    using begun = await beginConnected({ token: TOKEN, getToken: () => Promise.resolve(later) });
    const { tap, socket } = begun;
    socket.says({ type: "expiring", expiresInMs: 1 });
    await settled();
    expect(socket.sent.map((text) => JSON.parse(text) as object)).toEqual([
      { type: "connect", id: 1, token: TOKEN },
      { type: "refresh", id: 2, token: later },
    ]);
    const { frames } = tap.getSnapshot();
    expect(JSON.stringify(frames)).not.toMatch(/aaa|bbb|ccc|ddd|eee|fff/);
    expect(seen(tap)).toContain('sent: {"type":"connect","id":1,"token":"•••"}');
    expect(seen(tap)).toContain('sent: {"type":"refresh","id":2,"token":"•••"}');
    expect(frames[1]?.sizeBytes).toBe(socket.sent[0]?.length);
  });

  test("keeps 200 entries, each of 4 KiB at most, and says of which it is the beginning only", async () => {
    using begun = await beginConnected();
    const { tap, socket } = begun;
    // Two bytes each, behind one of one: the last one does not fit whole.
    socket.says(`x${"é".repeat(4_000)}`);
    for (let count = 1; count < 200; count += 1) socket.says(`{"type":"x","n":${count}}`);
    const { frames } = tap.getSnapshot();
    expect(frames).toHaveLength(200);
    expect(frames[0]).toMatchObject({ isCut: true, sizeBytes: 8_001, text: `x${"é".repeat(2_047)}` });
    expect(frames[1]).toMatchObject({ isCut: false, text: '{"type":"x","n":1}' });
  });

  test("counts messages and not frames, in the second in which they passed", async () => {
    using begun = await beginConnected();
    const { tap, socket, client, clock } = begun;
    const message = { type: "message", channel: "a", time: 1, data: "x" };
    socket.says(message, message, { type: "gap", channel: "a" });
    clock.nowMs += 2_000;
    socket.says(message);
    const published = ["1", "2", "3"].map((text) => client.channel("a").publish(text));
    for (const each of published) each.catch(() => {});
    await settled();
    expect(tap.rates().received.slice(-2)).toEqual([2, 0]);
    clock.nowMs += 1_000;
    expect(tap.rates().received.slice(-3)).toEqual([2, 0, 1]);
    expect(tap.rates().sent.slice(-3)).toEqual([0, 0, 3]);
    clock.nowMs += 57_000;
    expect(tap.rates().received).toEqual([2, 0, 1, ...Array.from({ length: 57 }, () => 0)]);
    clock.nowMs += 1_000_000;
    expect(tap.rates().received).toEqual(Array.from({ length: 60 }, () => 0));
  });

  test("measures from request to reply, and asks when it is told to, without the client noticing", async () => {
    using begun = await begin();
    const { tap, socket, client, clock } = begun;
    tap.measure();
    clock.nowMs += 30;
    socket.says(CONNECTED);
    expect(tap.getSnapshot().roundTrip).toEqual({ newestMs: 30, medianMs: 30, count: 1 });
    for (const ms of [10.5, 12.5, 99]) {
      tap.measure();
      clock.nowMs += ms;
      socket.says({ type: "pong", id: (JSON.parse(socket.sent.at(-1) ?? "") as { id: number }).id });
    }
    expect(tap.getSnapshot().roundTrip).toEqual({ newestMs: 99, medianMs: 21.25, count: 4 });
    // One for each but the first, which came before the gateway's greeting.
    expect(socket.sent.slice(1).map((text) => (JSON.parse(text) as { type: string }).type)).toEqual([
      "ping",
      "ping",
      "ping",
    ]);
    expect(tap.getSnapshot().frames.filter(({ isHeartbeat }) => isHeartbeat)).toHaveLength(6);
    expect(client.state.kind).toBe("connected");
  });

  test("tells of changes once a frame, and of none that nobody waits for", async () => {
    using begun = await beginConnected();
    const { tap, socket, drawn } = begun;
    expect(drawn).toEqual([]);
    let changes = 0;
    const stop = tap.subscribe(() => (changes += 1));
    const before = tap.getSnapshot();
    socket.says({ type: "x" });
    socket.says({ type: "x" });
    expect([drawn.length, changes, tap.getSnapshot()]).toEqual([1, 0, before]);
    drawn[0]?.();
    expect(changes).toBe(1);
    expect(tap.getSnapshot().frames).toHaveLength(before.frames.length + 2);
    stop();
    socket.says({ type: "x" });
    expect([drawn.length, changes]).toEqual([1, 1]);
    expect(tap.getSnapshot().frames).toHaveLength(before.frames.length + 3);
  });

  test("knows since when there is a session, and with what it ended", async () => {
    using begun = await begin();
    const { tap, socket } = begun;
    expect(tap.getSnapshot().connectedAtMs).toBeUndefined();
    socket.says(CONNECTED);
    expect(tap.getSnapshot().connectedAtMs).toBe(5);
    socket.ends(4000, "Come back in 1 ms.");
    expect(tap.getSnapshot()).toMatchObject({ connectedAtMs: undefined, roundTrip: { count: 0 } });
    expect(seen(tap).at(-1)).toBe("closed: 4000 Come back in 1 ms.");
  });

  test("says when the page itself has closed the connection, and hears no more of it", async () => {
    using begun = await beginConnected();
    const { tap, socket, client } = begun;
    client.close();
    socket.says({ type: "x" });
    socket.ends(1005, "");
    expect(socket.isClosed).toBe(true);
    expect(seen(tap).at(-1)).toBe("closed: by this page");
  });
});
