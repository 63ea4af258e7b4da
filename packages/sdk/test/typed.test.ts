import type { StandardSchemaV1 } from "@standard-schema/spec";
import { runInNewContext } from "node:vm";
import * as valibot from "valibot";
import { describe, expect, expectTypeOf, test, vi } from "vitest";
import { z } from "zod";
import { defineChannel, type DataMessage, type Invalid, type Message, type Tidewire } from "../src/index.ts";
import { beginConnected, type FakeSocket } from "./fake-world.ts";

const room = defineChannel("room:*", z.object({ text: z.string(), mood: z.string().default("calm") }));
const FAULTY_TEXT = { text: 5 };

function says(data: unknown): object {
  return { type: "message", channel: "room:1", time: 1, data };
}

async function confirm(socket: FakeSocket): Promise<void> {
  const [subscribe] = await socket.lines();
  socket.say({ type: "subscribed", id: subscribe?.id, channel: "room:1", resumable: false });
}

/** A subscription to `room:1` by its definition, and all that its handlers were called with. */
async function beginTyped(definition = room) {
  const begun = await beginConnected();
  const [messages, invalid]: [DataMessage<unknown>[], Invalid[]] = [[], []];
  const onMessage = (message: DataMessage<unknown>) => messages.push(message);
  const onInvalid = (fault: Invalid) => invalid.push(fault);
  begun.client.channel(definition("1")).subscribe({ onMessage, onInvalid });
  await confirm(begun.socket);
  return { ...begun, messages, invalid };
}

const never: StandardSchemaV1 = {
  "~standard": { version: 1, vendor: "test", validate: () => Promise.reject(new Error("no database")) },
};
const odd = (code: string): StandardSchemaV1 => ({
  "~standard": { version: 1, vendor: "test", validate: () => runInNewContext(code) as never },
});
const broken: StandardSchemaV1 = {
  "~standard": {
    version: 1,
    vendor: "test",
    validate: () => {
      throw new Error("a bug");
    },
  },
};

describe("a channel with a schema", () => {
  test("has the name of its pattern", () => {
    expect(room("1").name).toBe("room:1");
    expect(defineChannel("news", z.string())().name).toBe("news");
  });

  test("gives what the schema makes of a message", async () => {
    const { socket, messages, invalid } = await beginTyped();
    socket.say(says({ text: "hello" }));
    expect(messages).toEqual([{ channel: "room:1", time: 1, data: { text: "hello", mood: "calm" } }]);
    expect(invalid).toEqual([]);
  });

  test("tells of a message that does not fit, and goes on", async () => {
    const { socket, messages, invalid, errors } = await beginTyped();
    socket.say(says(FAULTY_TEXT), { ...says(""), data: undefined, base64: "/w==" }, says({ text: "fits" }));
    expect(invalid).toMatchObject([
      { channel: "room:1", message: { data: FAULTY_TEXT }, issues: [{ path: ["text"] }] },
      { message: { bytes: Uint8Array.of(255) }, issues: [{}] },
    ]);
    expect(messages).toMatchObject([{ data: { text: "fits" } }]);
    expect(errors).toEqual([]);
  });

  test("warns of one that does not fit where nobody asked to be told, without what was in it", async () => {
    const warn = vi.spyOn(console, "warn").mockReturnValue();
    const { client, socket } = await beginConnected();
    client.channel(room("1")).subscribe(() => {});
    await confirm(socket);
    socket.say(says({ text: 123_456 }));
    expect(warn).toHaveBeenCalledExactlyOnceWith(expect.stringContaining("room:1"));
    expect(JSON.stringify(warn.mock.calls)).not.toContain("123456");
    warn.mockRestore();
  });

  test.each([
    ["answers later", never],
    ["throws", broken],
    ["answers nothing", odd("undefined")],
    ["answers null", odd("null")],
    ["answers with a promise of another realm", odd("Promise.reject()")],
  ])("fits nothing where the schema %s", async (_, schema) => {
    const { client, socket, errors } = await beginConnected();
    const told = Promise.withResolvers<Invalid>();
    const channel = client.channel(defineChannel("room:1", schema)());
    channel.subscribe({ onInvalid: told.resolve });
    await confirm(socket);
    socket.say(says("anything"));
    await expect(told.promise).resolves.toMatchObject({ issues: [{ message: expect.any(String) }] });
    await expect(channel.publish("anything")).rejects.toMatchObject({ code: "invalid" });
    expect(errors).toEqual([]);
  });

  test("does not publish what readers would not be given, and says why", async () => {
    const { client, socket } = await beginConnected();
    // @ts-expect-error no text
    const refused = client.channel(room("1")).publish(FAULTY_TEXT);
    await expect(refused).rejects.toMatchObject({ code: "invalid", cause: [{ path: ["text"] }] });
    // A date fits the schema, and is a text once it is JSON.
    const dates = defineChannel("dates", z.date());
    await expect(client.channel(dates()).publish(new Date())).rejects.toMatchObject({ code: "invalid" });
    expect(await socket.lines()).toEqual([]);
  });

  test("publishes what was given, and leaves it to readers what to make of it", async () => {
    const { client, socket } = await beginConnected();
    void client.channel(room("1")).publish({ text: "hello" });
    expect(await socket.lines()).toMatchObject([
      { type: "publish", channel: "room:1", data: { text: "hello" } },
    ]);
  });

  test("sorts a page of history by what fits", async () => {
    const { client, socket } = await beginConnected();
    const page = client.channel(room("1")).history();
    const [ask] = await socket.lines();
    const messages = [FAULTY_TEXT, { text: "kept" }].map((data, n) => ({ time: n, position: `p${n}`, data }));
    socket.say({
      type: "page",
      id: ask?.id,
      channel: "room:1",
      messages,
      complete: true,
      more: false,
      position: "p1",
    });
    expect(await page).toMatchObject({
      messages: [{ data: { text: "kept", mood: "calm" }, position: "p1" }],
      invalid: [{ message: { data: FAULTY_TEXT, position: "p0" } }],
      complete: true,
    });
  });

  test("tells a loop of what does not fit, too", async () => {
    const { client, socket } = await beginConnected();
    const invalid: Invalid[] = [];
    const texts = client.channel(defineChannel("room:*", valibot.string())("1"));
    const messages = texts.messages({ onInvalid: (fault) => invalid.push(fault) });
    await confirm(socket);
    socket.say(says(FAULTY_TEXT), says("fits"));
    expect(await messages.next()).toMatchObject({ value: { data: "fits" } });
    expect(invalid).toMatchObject([{ message: { data: FAULTY_TEXT } }]);
  });
});

const typed = (client: Tidewire) => client.channel(room("1"));
const untyped = (client: Tidewire) => client.channel("room:1");

/** What a channel's loop gives. */
type Given<Where extends { messages(): unknown }> =
  ReturnType<Where["messages"]> extends AsyncIterator<infer Each, undefined> ? Each : never;

test("types follow the definition", () => {
  type Published = Parameters<ReturnType<typeof typed>["publish"]>[0];
  expectTypeOf<Published>().toEqualTypeOf<{ text: string; mood?: string | undefined }>();
  expectTypeOf<Given<ReturnType<typeof typed>>>().toEqualTypeOf<
    DataMessage<{ text: string; mood: string }>
  >();
  expectTypeOf<Given<ReturnType<typeof untyped>>>().toEqualTypeOf<Message>();
  expectTypeOf(room).parameters.toEqualTypeOf<[rest: string]>();
  expectTypeOf(defineChannel("news", z.string())).parameters.toEqualTypeOf<[]>();
});
