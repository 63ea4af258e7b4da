import { describe, expect, test } from "vitest";
import { begin, beginConnected, comeBack, type FakeSocket, settle, welcome } from "./fake-world.ts";

const refusal = (id: number | undefined, code: string, retry: boolean) => ({
  type: "error",
  id,
  code,
  message: "for people",
  retry,
});

async function acknowledge(socket: FakeSocket): Promise<unknown[]> {
  const lines = await socket.lines();
  for (const { id } of lines) socket.say({ type: "published", id, duplicate: false });
  return lines.map((line) => line["data"]);
}

describe("publications without a connection", () => {
  test("wait for one, and go out in their order", async () => {
    const { client, world } = begin();
    const all = Promise.all(["a", "b", "c"].map((data) => client.channel("room:1").publish(data)));
    const socket = await welcome(world);
    expect(await acknowledge(socket)).toEqual(["a", "b", "c"]);
    await expect(all).resolves.toHaveLength(3);
  });

  test("share as many frames as the protocol wants, and no more", async () => {
    const { client, world } = begin({ queue: { maxMessages: 1_500 } });
    const all = Array.from({ length: 1_500 }, (_, index) => client.channel("room:1").publish(index));
    const socket = await welcome(world);
    await settle();
    expect(socket.frames.map((frame) => frame.split("\n").length)).toEqual([1_000, 500]);
    expect(await acknowledge(socket)).toHaveLength(1_500);
    await expect(Promise.all(all)).resolves.toHaveLength(1_500);
  });

  test("are refused when too many wait, or too much, and accepted again when there is room", async () => {
    const { client, world } = begin({ queue: { maxMessages: 2, maxBytes: 10 } });
    const channel = client.channel("room:1");
    const first = channel.publish("1234");
    await expect(channel.publish("12345")).rejects.toMatchObject({ code: "queue_full", retry: true });
    const second = channel.publish(1);
    await expect(channel.publish(1)).rejects.toMatchObject({ code: "queue_full" });
    const socket = await welcome(world);
    expect(await acknowledge(socket)).toEqual(["1234", 1]);
    await Promise.all([first, second]);
    const third = channel.publish("again");
    expect(await acknowledge(socket)).toEqual(["again"]);
    await expect(third).resolves.toEqual({ duplicate: false });
  });

  test("that would rather fail do, before they are sent and after", async () => {
    const { client, world } = begin();
    const channel = client.channel("room:1");
    const options = { ifOffline: "fail" } as const;
    await expect(channel.publish("a", options)).rejects.toMatchObject({ code: "offline", retry: true });
    await welcome(world);
    const sent = channel.publish("b", options);
    const reason = sent.catch((error: unknown) => error);
    const again = await comeBack(world);
    expect(await reason).toMatchObject({ code: "connection_lost", retry: true });
    expect(await again.lines()).toEqual([]);
  });
});

describe("a publication", () => {
  test("that the gateway can't take now is repeated with its key until it can", async () => {
    const { client, world, socket } = await beginConnected();
    const published = client.channel("room:1").publish("a", { key: "mine" });
    for (const code of ["unavailable", "unconfirmed", "rate_limited"]) {
      const [line] = await socket.lines();
      expect(line).toMatchObject({ data: "a", key: "mine" });
      socket.say(refusal(line?.id, code, true));
      expect(await socket.lines()).toEqual([]);
      world.advance(1_000);
    }
    await acknowledge(socket);
    await expect(published).resolves.toEqual({ duplicate: false });
    expect(world.timers.size).toBe(1);
  });

  test("that waits to be repeated goes out once on the next connection", async () => {
    const { client, world, socket } = await beginConnected();
    world.chance = 0.9;
    const published = client.channel("room:1").publish("a");
    const [line] = await socket.lines();
    socket.say(refusal(line?.id, "unavailable", true));
    world.chance = 0;
    const again = await comeBack(world);
    const [repeated] = await again.lines();
    world.advance(1_000);
    expect(await again.lines()).toEqual([]);
    again.say({ type: "published", id: repeated?.id, duplicate: true });
    await expect(published).resolves.toEqual({ duplicate: true });
  });

  test("that the gateway can't take for too long rejects with the last answer", async () => {
    const { client, world, socket } = await beginConnected({ repeatWithinMs: 1_000 });
    const published = client.channel("room:1").publish("a");
    const [line] = await socket.lines();
    socket.say(refusal(line?.id, "unavailable", true));
    world.advance(250);
    const [repeated] = await socket.lines();
    // The next repetition would come too late.
    world.chance = 1;
    socket.say(refusal(repeated?.id, "rate_limited", true));
    world.advance(750);
    await expect(published).rejects.toMatchObject({
      code: "rate_limited",
      retry: true,
      message: "for people",
    });
  });

  test.each([
    ["before", "no_answer", true],
    ["after", "no_answer", false],
    ["to", "unconfirmed", true],
  ])("that may have gone out %s a refusal that passes rejects with %s", async (when, code, isRefusedLast) => {
    const { client, world } = await beginConnected({ repeatWithinMs: 60_000 });
    const reason = client
      .channel("room:1")
      .publish("a")
      .catch((error: unknown) => error);
    const refuse = async (said: string) => {
      const [line] = await world.socket.lines();
      world.socket.say(refusal(line?.id, said, true));
    };
    if (when === "to") await refuse("unconfirmed");
    if (when === "after") await refuse("unavailable");
    await comeBack(world);
    if (when === "after") await comeBack(world);
    if (isRefusedLast) await refuse("unavailable");
    world.advance(60_000);
    expect(await reason).toMatchObject({ code, retry: true });
  });

  test("is not repeated for longer than its gateway remembers keys", async () => {
    const { client, world, socket } = await beginConnected({}, { idempotencyWindowMs: 1_000 });
    const published = client.channel("room:1").publish("a");
    const [line] = await socket.lines();
    socket.say(refusal(line?.id, "unavailable", true));
    world.advance(1_000);
    // Its repetition was not answered yet.
    await expect(published).rejects.toMatchObject({ code: "no_answer" });
  });

  test("that is not answered for too long rejects, also when timers stood still meanwhile", async () => {
    const { client, world } = await beginConnected();
    const published = client.channel("room:1").publish("a");
    const reason = published.catch((error: unknown) => error);
    await world.socket.lines();
    world.socket.end(1006);
    world.suspend(120_000);
    world.wake("visible");
    const again = await welcome(world);
    expect(await reason).toMatchObject({ code: "no_answer", retry: true });
    expect(await again.lines()).toEqual([]);
  });

  test("that waited for long before it was first sent is sent all the same", async () => {
    const { client, world } = begin();
    const published = client.channel("room:1").publish("a");
    world.suspend(3_600_000);
    await acknowledge(await welcome(world));
    await expect(published).resolves.toEqual({ duplicate: false });
  });

  test.each(["forbidden", "too_large", "novelty"])("that is refused with %s rejects", async (code) => {
    const { client, world, socket } = await beginConnected();
    const published = client.channel("room:1").publish("a");
    const [line] = await socket.lines();
    socket.say(refusal(line?.id, code, false));
    await expect(published).rejects.toMatchObject({ name: "TidewireError", code, retry: false });
    expect(world.timers.size).toBe(1);
  });

  test("that is larger than a frame may be costs itself, and not the connection", async () => {
    const { client, socket } = await beginConnected({}, { maxFrameBytes: 200 });
    const large = client.channel("room:1").publish("é".repeat(100));
    const small = ["a", "b", "c"].map((data) => client.channel("room:1").publish(data));
    await expect(large).rejects.toMatchObject({ code: "too_large" });
    expect(await acknowledge(socket)).toEqual(["a", "b", "c"]);
    await Promise.all(small);
  });

  test("of what JSON can't say rejects", async () => {
    const { client } = begin();
    const circle: { self?: unknown } = {};
    circle.self = circle;
    for (const data of [undefined, () => {}, circle, 1n]) {
      await expect(client.channel("room:1").publish(data as never)).rejects.toMatchObject({
        code: "bad_request",
      });
    }
  });
});

describe("history", () => {
  test("waits for a connection, is asked for again on the next one, and has bytes where there is no text", async () => {
    const { client, world } = begin();
    const page = client.channel("kept:1").history({ before: "9", limit: 2 });
    await (await welcome(world)).lines();
    const again = await comeBack(world);
    const [line] = await again.lines();
    expect(line).toMatchObject({ type: "history", channel: "kept:1", before: "9", limit: 2 });
    const messages = [
      { position: "7", time: 1, data: null },
      { position: "8", time: 2, sender: "7", base64: "/w==" },
    ];
    const facts = { channel: "kept:1", complete: true, more: false, position: "9" };
    again.say({ type: "page", id: line?.id, messages, ...facts });
    await expect(page).resolves.toEqual({
      complete: true,
      invalid: [],
      more: false,
      position: "9",
      messages: [
        { channel: "kept:1", position: "7", time: 1, data: null },
        { channel: "kept:1", position: "8", time: 2, sender: "7", bytes: new Uint8Array([255]) },
      ],
    });
  });

  test("that nobody answers rejects in time", async () => {
    const { client, world } = begin();
    const page = client.channel("kept:1").history();
    world.advance(30_000);
    await expect(page).rejects.toMatchObject({ code: "no_answer", retry: true });
  });
});

test("options that JSON can't say cost themselves, and not the client", async () => {
  const { client, world, errors } = begin();
  const [event, number] = [{ itself: {} }, 5n] as unknown as [number, string];
  Object.assign(event, { itself: event });
  const channel = client.channel("kept:1");
  const refused = [channel.history({ limit: event }), channel.publish("hello", { key: number })];
  const removed = Promise.withResolvers<unknown>();
  channel.subscribe({ onRemoved: removed.resolve }, { last: event });
  const socket = await welcome(world);
  for (const each of refused) await expect(each).rejects.toMatchObject({ code: "bad_request", retry: false });
  await expect(removed.promise).resolves.toMatchObject({ code: "bad_request" });
  expect([await socket.lines(), client.state.kind, errors]).toEqual([[], "connected", []]);
  socket.end(1006);
  expect(client.state.kind).toBe("waiting");
});
