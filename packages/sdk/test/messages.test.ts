import { describe, expect, test } from "vitest";
import type { MessagesOptions } from "../src/index.ts";
import { beginConnected } from "./fake-world.ts";

const CHANNEL = "room:1";
const message = (data: unknown) => ({ type: "message", channel: CHANNEL, time: 1, data });

async function beginReading(options: MessagesOptions = {}) {
  const begun = await beginConnected();
  const messages = begun.client.channel(CHANNEL).messages(options);
  const [line] = await begun.socket.lines();
  begun.socket.say({ type: "subscribed", id: line?.id, channel: CHANNEL, resumable: false });
  return { ...begun, messages };
}

describe("a loop over messages", () => {
  test("gets what came before it asked and what comes while it waits, and leaves the channel with break", async () => {
    const { socket, messages } = await beginReading();
    socket.say(message("a"), message("b"));
    const read: unknown[] = [];
    for await (const { data } of messages) {
      read.push(data);
      if (data === "b") setImmediate(() => socket.say(message("c"), message("d")));
      if (data === "c") break;
    }
    expect(read).toEqual(["a", "b", "c"]);
    expect(await socket.lines()).toMatchObject([{ type: "unsubscribe", channel: CHANNEL }]);
    await expect(messages.next()).resolves.toEqual({ done: true, value: undefined });
  });

  test("that is too slow loses the oldest, and is told once each time", async () => {
    const gaps: string[] = [];
    const { socket, messages } = await beginReading({ limit: 2, onGap: ({ reason }) => gaps.push(reason) });
    socket.say(message(1), message(2), message(3), message(4));
    expect(gaps).toEqual(["overflow"]);
    await expect(messages.next()).resolves.toMatchObject({ value: { data: 3 } });
    await expect(messages.next()).resolves.toMatchObject({ value: { data: 4 } });
    socket.say(message(5), message(6), message(7), { type: "gap", channel: CHANNEL });
    expect(gaps).toEqual(["overflow", "overflow", "gateway"]);
  });

  test("throws what ended the subscription, after what came before", async () => {
    const { socket, messages } = await beginReading();
    socket.say(message("a"), { type: "removed", channel: CHANNEL, code: "forbidden", message: "no more" });
    await expect(messages.next()).resolves.toMatchObject({ value: { data: "a" } });
    await expect(messages.next()).rejects.toMatchObject({ code: "forbidden", message: "no more" });
    await expect(messages.next()).resolves.toEqual({ done: true, value: undefined });
  });

  test("ends when the client is closed, and when it is told to from elsewhere", async () => {
    const closed = await beginReading();
    const [first, second] = [closed.messages.next(), closed.messages.next()];
    closed.client.close();
    await expect(first).resolves.toMatchObject({ done: true });
    await expect(second).resolves.toMatchObject({ done: true });
    const returned = await beginReading();
    const waiting = returned.messages.next();
    await returned.messages.return?.();
    await expect(waiting).resolves.toMatchObject({ done: true });
  });
});
