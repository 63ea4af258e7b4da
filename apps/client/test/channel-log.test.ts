/** What the page shows of a channel, with a client and a clock in the test's hand. */

import { describe, expect, test } from "vitest";
import { type ConnectionState, TidewireError } from "@tidewire/sdk";
import type { ChannelLog } from "../src/channel-log.ts";
import { createLog, FakeClient } from "./fake-client.ts";

const CONNECTED: ConnectionState = { kind: "connected", connection: { id: "1", gateway: "g" } };
const LIVE = { kind: "subscribed", resumable: false } as const;
const KEPT = { kind: "subscribed", resumable: true } as const;

function lost(closeCode: number, retryInMs = 0): ConnectionState {
  const reason = new TidewireError("connection_lost", "restarting", { retry: true, closeCode });
  return { kind: "waiting", retryInMs, reason };
}

function stopped(): ConnectionState {
  return { kind: "stopped", reason: new TidewireError("refused", "no longer welcome", { closeCode: 4500 }) };
}

function listening(subscribed: typeof LIVE | typeof KEPT = LIVE) {
  const client = new FakeClient();
  const created = createLog();
  created.log.open(client, "a");
  client.becomes(CONNECTED);
  client.subscription.becomes(subscribed);
  return { client, ...created };
}

const rows = (log: ChannelLog) =>
  log.getSnapshot().log.entries.map((entry) => {
    if (entry.kind === "gap") return `gap: ${entry.reason}`;
    return `${entry.kind}: ${entry.kind === "binary" ? entry.preview : entry.text}`;
  });
const own = (log: ChannelLog) =>
  log.getSnapshot().deliveries.map(({ text, state }) => `${text}: ${state.kind}`);

describe("a channel", () => {
  test("begins with the newest messages where they are kept, and brings one's own back whatever its rule", () => {
    const { client, log } = listening();
    expect(client.subscription).toMatchObject({ channel: "a", options: { last: 50, echo: true } });
    expect(rows(log)).toEqual(["note: Connected. Listening on “a”."]);
  });

  test("shows what comes once a frame, as one update, and JSON as JSON", () => {
    const { client, log, frames } = listening();
    let updates = 0;
    log.subscribe(() => (updates += 1));
    client.subscription.brings('{"a": 1}');
    client.subscription.handlers.onMessage?.({ channel: "a", time: 1, data: { a: [1, "x"] } });
    client.subscription.handlers.onMessage?.({ channel: "a", time: 1, bytes: new Uint8Array([0, 255]) });
    expect([frames.length, updates]).toEqual([1, 0]);
    frames[0]?.();
    expect(updates).toBe(1);
    expect(rows(log).slice(1)).toEqual(['text: {"a": 1}', 'text: {"a":[1,"x"]}', "binary: 00 ff"]);
  });

  test("shows a gap where it is, behind the note that the connection is back", () => {
    const { client, log } = listening();
    client.becomes(lost(1001));
    client.becomes(CONNECTED);
    client.subscription.becomes(LIVE);
    client.subscription.handlers.onGap?.({ channel: "a", reason: "return" });
    expect(rows(log).slice(1)).toEqual([
      "note: Connection lost. The gateway says: restarting (code 1001)",
      "note: Connected again. Listening on “a”.",
      "gap: return",
    ]);
  });

  test("tells a long outage once", () => {
    const { client, log } = listening();
    client.becomes(lost(1001));
    for (let round = 0; round < 3; round += 1) {
      client.becomes({ kind: "connecting" });
      client.becomes(lost(1006));
    }
    expect(rows(log).slice(1)).toEqual([
      "note: Connection lost. The gateway says: restarting (code 1001)",
      "note: Cannot reach the gateway. It may not be running, or it does not let this page in.",
    ]);
  });

  test("that is refused is told, and can be asked for again", () => {
    const { client, log } = listening();
    client.subscription.handlers.onRemoved?.({ channel: "a", code: "forbidden", message: "You may not." });
    client.subscription.becomes({ kind: "ended", reason: new TidewireError("forbidden", "You may not.") });
    expect(log.getSnapshot().subscription.kind).toBe("ended");
    expect(rows(log).at(-1)).toBe("note: Not listening to “a”. The gateway says: You may not. (forbidden)");
    log.listenAgain();
    expect(client.subscriptions).toHaveLength(2);
    expect(log.getSnapshot().subscription.kind).toBe("subscribing");
  });

  test("left for another is not heard any more, and gone on with where it was", () => {
    const { client, log } = listening(KEPT);
    const first = client.subscription;
    first.brings("1", { position: "P" });
    log.open(client, "b");
    expect([first.isEnded, client.listeners]).toEqual([true, 1]);
    log.open(client, "a");
    expect(client.subscription.options).toEqual({ since: "P", echo: true });
    log.close();
    expect([client.subscription.isEnded, client.listeners]).toEqual([true, 0]);
  });
});

describe("another client for one that has stopped", () => {
  test("goes on behind the last message of a stream channel", () => {
    const { client, log } = listening(KEPT);
    client.subscription.brings("1", { position: "P" });
    client.becomes(stopped());
    expect(rows(log).at(-1)).toBe(
      "note: Closed by the gateway. The gateway says: no longer welcome (code 4500)",
    );
    const next = new FakeClient();
    log.open(next, "a");
    expect(next.subscription.options).toMatchObject({ since: "P" });
    next.subscription.becomes(KEPT);
    expect(rows(log).at(-1)).toBe("note: Connected again. Listening on “a”.");
  });

  test("may have missed something on a live channel, which is told once", () => {
    const { client, log } = listening();
    client.becomes(stopped());
    const next = new FakeClient();
    log.open(next, "a");
    next.subscription.becomes(LIVE);
    expect(rows(log).slice(-2)).toEqual(["note: Connected again. Listening on “a”.", "gap: return"]);
    // From now on that client knows by itself.
    next.subscription.becomes(LIVE);
    expect(rows(log).at(-1)).toBe("note: Connected again. Listening on “a”.");
  });
});

describe("an own message", () => {
  test("waits, was sent, and is in the log once, when the channel brings it", async () => {
    const { client, log, clock, draw } = listening();
    log.publish("hello");
    await draw();
    expect(own(log)).toEqual(["hello: waiting"]);
    expect(client.publication).toMatchObject({ channel: "a", data: "hello", key: "key-1" });
    clock.nowMs += 5;
    client.publication.resolve({ duplicate: false });
    await draw();
    expect(own(log)).toEqual(["hello: sent"]);
    expect(log.getSnapshot().sentAtMs).toBe(clock.nowMs);
    client.subscription.brings("hello");
    await draw();
    expect(own(log)).toEqual([]);
    expect(rows(log).slice(1)).toEqual(["text: hello"]);
  });

  test("goes out also where the channel can't be heard, and where it was typed when another is chosen", async () => {
    const { client, log, draw } = listening();
    client.subscription.becomes({ kind: "subscribing" });
    log.publish("1");
    log.open(client, "b");
    log.publish("2");
    client.subscription.becomes({ kind: "ended" });
    await draw();
    expect(client.publications).toMatchObject([
      { channel: "a", data: "1" },
      { channel: "b", data: "2" },
    ]);
  });

  test("that is refused is kept with the reason, and is sent again with its key, or discarded", async () => {
    const { client, log, draw } = listening();
    log.publish("hello");
    await draw();
    client.publication.reject(new TidewireError("unconfirmed", "no answer"));
    await draw();
    const [failed] = log.getSnapshot().deliveries;
    if (!failed) throw new Error("it is not there");
    expect(failed.state).toMatchObject({ kind: "failed", reason: { code: "unconfirmed" } });
    log.publishAgain(failed);
    await draw();
    expect(own(log)).toEqual(["hello: waiting"]);
    expect(client.publications.map(({ key }) => key)).toEqual(["key-1", "key-1"]);
    client.publication.reject(new TidewireError("forbidden", "no"));
    await draw();
    for (const delivery of log.getSnapshot().deliveries) log.discard(delivery);
    expect(own(log)).toEqual([]);
  });

  test("on a channel that is not listened to has its place in the log all the same", async () => {
    const { client, log, draw } = listening();
    log.publish("for a");
    log.open(client, "b");
    await draw();
    client.publication.resolve({ duplicate: false });
    await draw();
    expect(own(log)).toEqual([]);
    expect(rows(log).slice(1)).toEqual(["sent: for a"]);
  });

  test("that does not come back gets its place before what comes later", async () => {
    const { client, log, clock, draw } = listening();
    log.publish("lost");
    await draw();
    client.publication.resolve({ duplicate: true });
    await draw();
    clock.nowMs += 9_999;
    client.subscription.brings("soon");
    await draw();
    expect(own(log)).toEqual(["lost: sent"]);
    clock.nowMs += 1;
    client.subscription.brings("late");
    await draw();
    expect(own(log)).toEqual([]);
    expect(rows(log).slice(1)).toEqual(["text: soon", "sent: lost", "text: late"]);
  });

  test("that waits is not forgotten when the log is cleared", async () => {
    const { log, draw } = listening();
    log.publish("hello");
    await draw();
    log.clear();
    expect([rows(log), own(log)]).toEqual([[], ["hello: waiting"]]);
  });
});
