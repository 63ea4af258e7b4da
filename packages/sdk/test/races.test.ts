import { describe, expect, test } from "vitest";
import type { Gap, Message, SubscriptionHandlers } from "../src/index.ts";
import { begin, beginConnected, comeBack, type FakeSocket, settle, welcome } from "./fake-world.ts";

/** Everything that happens to a subscription, in order. */
function watch() {
  const seen: unknown[] = [];
  const handlers: SubscriptionHandlers = {
    onMessage: (message: Message) => seen.push(message.data ?? message.bytes),
    onGap: ({ reason }: Gap) => seen.push(`gap: ${reason}`),
    onRemoved: ({ code }) => seen.push(`removed: ${code}`),
    onState: ({ kind }) => seen.push(kind),
  };
  return { seen, handlers };
}

const message = (data: unknown, position?: string, channel = "kept:1") => ({
  type: "message",
  channel,
  time: 1,
  data,
  position,
});

/** Answers the `subscribe` that was sent last. */
async function confirm(socket: FakeSocket, fields: object = {}): Promise<void> {
  for (const { type, id, channel } of await socket.lines()) {
    if (type === "subscribe") {
      socket.say({ type: "subscribed", id, channel, resumable: true, position: "start", ...fields });
    }
  }
}

async function beginSubscribed(fields: object = {}) {
  const begun = await beginConnected();
  const { seen, handlers } = watch();
  const subscription = begun.client.channel("kept:1").subscribe(handlers);
  await confirm(begun.socket, fields);
  return { ...begun, seen, subscription };
}

describe("a publication", () => {
  test("whose answer was lost with the connection is repeated with its key, and settles once", async () => {
    const { client, world, socket } = await beginConnected();
    const published = client.channel("room:1").publish("hello");
    const [first] = await socket.lines();
    const again = await comeBack(world);
    const [second] = await again.lines();
    expect(second).toMatchObject({ type: "publish", channel: "room:1", data: "hello", key: first?.["key"] });
    // The lost answer comes after all, on a socket that nobody listens to.
    socket.say({ type: "published", id: first?.id, duplicate: false });
    again.say({ type: "published", id: second?.id, duplicate: true, position: "P" });
    await expect(published).resolves.toEqual({ duplicate: true, position: "P" });
  });

  test("that was answered just before the connection broke is not repeated", async () => {
    const { client, world, socket } = await beginConnected();
    const published = client.channel("room:1").publish("hello");
    const [line] = await socket.lines();
    socket.say({ type: "published", id: line?.id, duplicate: false });
    await expect(published).resolves.toEqual({ duplicate: false });
    const again = await comeBack(world);
    expect(await again.lines()).toEqual([]);
  });

  test("is what the data was when it was called, in the order of the calls, in one frame", async () => {
    const { client, world } = begin();
    const data = { count: 1 };
    const first = client.channel("room:1").publish(data);
    data.count = 2;
    const second = client.channel("room:1").publish(data);
    const socket = await welcome(world);
    await settle();
    expect(socket.frames).toHaveLength(1);
    expect(await socket.lines()).toMatchObject([{ data: { count: 1 } }, { data: { count: 2 } }]);
    client.close();
    await expect(first).rejects.toMatchObject({ code: "closed" });
    await expect(second).rejects.toMatchObject({ code: "closed" });
  });
});

describe("a subscription", () => {
  test("comes back behind what was handled, and what comes again is dropped", async () => {
    const { world, socket, seen } = await beginSubscribed();
    socket.say(message("a", "1"), message("b", "2"));
    const again = await comeBack(world);
    const [line] = await again.lines();
    expect(line).toMatchObject({ type: "subscribe", channel: "kept:1", since: "2" });
    again.say(
      { type: "subscribed", id: line?.id, channel: "kept:1", resumable: true, position: "2", complete: true },
      message("b", "2"),
      message("c", "3"),
    );
    expect(seen).toEqual(["subscribed", "a", "b", "subscribing", "subscribed", "c"]);
  });

  test("hears nothing of a socket that it has left", async () => {
    const { world, socket, seen } = await beginSubscribed();
    const again = await comeBack(world);
    socket.say(message("late", "1"));
    await confirm(again, { complete: true });
    again.say(message("new", "2"));
    socket.say(message("later", "3"));
    expect(seen).toEqual(["subscribed", "subscribing", "subscribed", "new"]);
  });

  test("that nothing had come to comes back to where it began", async () => {
    const { world } = await beginSubscribed();
    const again = await comeBack(world);
    expect(await again.lines()).toMatchObject([{ type: "subscribe", since: "start" }]);
  });

  test.each([
    ["start", []],
    ["later", ["gap: return"]],
  ])(
    "that was cut off before the last messages came asks for them again, now at %s",
    async (position, gap) => {
      const { client, world, socket } = await beginConnected();
      const { seen, handlers } = watch();
      client.channel("kept:1").subscribe(handlers, { last: 2 });
      await confirm(socket, { last: 2 });
      const again = await comeBack(world);
      const [line] = await again.lines();
      expect(line).toMatchObject({ type: "subscribe", last: 2 });
      expect(line).not.toHaveProperty("since");
      again.say({ type: "subscribed", id: line?.id, channel: "kept:1", resumable: true, position });
      again.say(message("a", "1"));
      expect(seen).toEqual(["subscribed", "subscribing", "subscribed", ...gap, "a"]);
      expect(await (await comeBack(world)).lines()).toMatchObject([{ type: "subscribe", since: "1" }]);
    },
  );

  test("that found nothing kept goes on from there", async () => {
    const { client, world, socket } = await beginConnected();
    client.channel("kept:1").subscribe(() => {}, { last: 2 });
    await confirm(socket, { last: 0 });
    expect(await (await comeBack(world)).lines()).toMatchObject([{ type: "subscribe", since: "start" }]);
  });

  test.each([{ complete: false }, { complete: undefined }])(
    "that is not surely complete after a return (%o) has a gap before what is new",
    async (fields) => {
      const { world, seen } = await beginSubscribed();
      const again = await comeBack(world);
      await confirm(again, { ...fields, position: "9" });
      again.say(message("new", "10"));
      expect(seen.slice(2)).toEqual(["subscribed", "gap: return", "new"]);
    },
  );

  test("of a live channel has a gap after each return, and none at the beginning", async () => {
    const { world, seen } = await beginSubscribed({ resumable: false, position: undefined });
    const again = await comeBack(world);
    const [line] = await again.lines();
    expect(line).not.toHaveProperty("since");
    again.say({ type: "subscribed", id: line?.id, channel: "kept:1", resumable: false });
    expect(seen).toEqual(["subscribed", "subscribing", "subscribed", "gap: return"]);
  });

  test("goes on from where the gateway says that a gap ends", async () => {
    const { world, socket, seen } = await beginSubscribed();
    socket.say(message("a", "1"), { type: "gap", channel: "kept:1", position: "7" });
    expect(seen).toEqual(["subscribed", "a", "gap: gateway"]);
    const again = await comeBack(world);
    expect(await again.lines()).toMatchObject([{ since: "7" }]);
  });

  test("comes back with all others in one frame", async () => {
    const { client, world, socket } = await beginConnected();
    const names = Array.from({ length: 500 }, (_, index) => `room:${index}`);
    for (const name of names) client.channel(name).subscribe(() => {});
    await confirm(socket);
    const again = await comeBack(world);
    await settle();
    expect(again.frames).toHaveLength(1);
    expect((await again.lines()).map((line) => line["channel"])).toEqual(names);
  });

  test("is one at the gateway for all who share it, and ends with the last of them", async () => {
    const { client, socket } = await beginConnected();
    const [first, second] = [watch(), watch()];
    const channel = client.channel("kept:1");
    const one = channel.subscribe(first.handlers, { last: 5 });
    await confirm(socket);
    const two = client.channel("kept:1").subscribe(second.handlers);
    await Promise.all([one.ready, two.ready]);
    expect(() => channel.subscribe(() => {}, { last: 5 })).toThrow(
      expect.objectContaining({ code: "already_subscribed" }),
    );
    socket.say(message("for both", "1"));
    one.end();
    socket.say(message("for one", "2"));
    expect(await socket.lines()).toEqual([]);
    two.end();
    socket.say(message("for nobody", "3"));
    expect(await socket.lines()).toMatchObject([{ type: "unsubscribe", channel: "kept:1" }]);
    expect(first.seen).toEqual(["subscribed", "for both"]);
    expect(second.seen).toEqual(["for both", "for one"]);
  });

  test("that follows another on its channel hears nothing of that one", async () => {
    const { client, socket, subscription, seen } = await beginSubscribed();
    subscription.end();
    const next = watch();
    client.channel("kept:1").subscribe(next.handlers);
    socket.say(message("of the old one", "1"));
    await confirm(socket);
    socket.say(message("of the new one", "2"));
    expect(next.seen).toEqual(["subscribed", "of the new one"]);
    expect(seen).toEqual(["subscribed"]);
  });

  test("of a user's own channel, which comes unasked, is asked for anew", async () => {
    const { client, socket } = await beginConnected({}, { user: "7" });
    const { seen, handlers } = watch();
    client.channel("user:7").subscribe(handlers);
    const [line] = await socket.lines();
    socket.say(message("unasked", undefined, "user:7"));
    socket.say({ type: "error", id: line?.id, code: "already_subscribed", message: "", retry: false });
    expect((await socket.lines()).map(({ type }) => type)).toEqual(["unsubscribe", "subscribe"]);
    expect(seen).toEqual([]);
  });

  test("that the gateway refuses or ends says why, and may be made again", async () => {
    const { client, socket, seen, subscription } = await beginSubscribed();
    socket.say({ type: "removed", channel: "kept:1", code: "forbidden", message: "no more" });
    expect(seen).toEqual(["subscribed", "removed: forbidden", "ended"]);
    expect(subscription.state).toMatchObject({ kind: "ended", reason: { code: "forbidden" } });
    const next = watch();
    const again = client.channel("kept:1").subscribe(next.handlers);
    const [line] = await socket.lines();
    socket.say({ type: "error", id: line?.id, code: "forbidden", message: "no", retry: false });
    await expect(again.ready).rejects.toMatchObject({ code: "forbidden" });
    expect(next.seen).toEqual(["removed: forbidden", "ended"]);
  });

  test("that can't be had now is asked for again", async () => {
    const { client, world, socket } = await beginConnected();
    const subscription = client.channel("kept:1").subscribe(() => {});
    const [line] = await socket.lines();
    socket.say({ type: "error", id: line?.id, code: "unavailable", message: "", retry: true });
    world.advance(500);
    await confirm(socket);
    await expect(subscription.ready).resolves.toBeUndefined();
  });
});

describe("a gateway that lies", () => {
  test("with ids that nobody waits for, answers of another kind, unknown types and half lines is passed over", async () => {
    const { client, socket, seen } = await beginSubscribed();
    const published = client.channel("kept:1").publish("hello");
    const [line] = await socket.lines();
    socket.say({ type: "published", id: 999, duplicate: false });
    socket.say({ type: "pong", id: line?.id }, { type: "published", id: line?.id });
    socket.say({ type: "novelty", channel: "kept:1" }, '{"type":"message","chan', "[]", "", "null");
    socket.say(
      { type: "message", channel: "kept:1", time: 1, base64: "%" },
      message("elsewhere", "1", "other"),
    );
    socket.sayBytes(new Uint8Array([1, 2, 3]));
    socket.say({ type: "published", id: line?.id, duplicate: false }, message("true", "2"));
    await expect(published).resolves.toEqual({ duplicate: false });
    expect(seen).toEqual(["subscribed", "true"]);
  });

  test("and repeats a message is heard once", async () => {
    const { socket, seen } = await beginSubscribed();
    socket.say(message("a", "1"), message("b", "2"), message("a", "1"));
    expect(seen).toEqual(["subscribed", "a", "b"]);
  });

  test("and answers a subscription never is left for another", async () => {
    const { client, world, socket } = await beginConnected({ answerTimeoutMs: 5_000 });
    client.channel("kept:1").subscribe(() => {});
    await socket.lines();
    world.advance(5_000);
    expect(client.state).toMatchObject({ kind: "waiting", reason: { code: "connection_lost" } });
    expect(socket.isClosed).toBe(true);
  });

  test.each([
    { named: 25_000, intervalMs: 10_000, timeoutMs: 8_000 },
    { named: 0, intervalMs: 10_000, timeoutMs: 8_000 },
    { named: 5_000, intervalMs: 5_000, timeoutMs: 5_000 },
  ])("by silence is asked for a sign of life, and left without one (%o)", async (times) => {
    const { named, intervalMs, timeoutMs } = times;
    const { client, world, socket } = await beginConnected({}, { heartbeatIntervalMs: named });
    world.advance(intervalMs - 1);
    expect(await socket.lines()).toEqual([]);
    world.advance(1);
    const [ping] = await socket.lines();
    expect(ping).toMatchObject({ type: "ping" });
    socket.say({ type: "pong", id: ping?.id });
    world.advance(intervalMs);
    expect(await socket.lines()).toMatchObject([{ type: "ping" }]);
    world.advance(timeoutMs - 1);
    expect(client.state.kind).toBe("connected");
    world.advance(1);
    expect(client.state.kind).not.toBe("connected");
    expect(socket.isClosed).toBe(true);
  });

  test("is not left at once where the application wants no heartbeat of its own", async () => {
    const { client, world, socket } = await beginConnected(
      { heartbeatIntervalMs: 0 },
      { heartbeatIntervalMs: 0 },
    );
    world.advance(60_000);
    expect([client.state.kind, await socket.lines()]).toEqual(["connected", []]);
  });

  test("before it has opened is given up in time", async () => {
    const { client, world } = begin();
    world.advance(10_000);
    expect(world.socket.isClosed).toBe(true);
    expect(client.state).toMatchObject({ kind: "waiting", reason: { code: "connection_lost", retry: true } });
  });
});
