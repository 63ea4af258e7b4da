import { createElement, Fragment, useLayoutEffect } from "react";
import { expect, expectTypeOf, test, vi } from "vitest";
import { z } from "zod";
import { type DataMessage, defineChannel, type Invalid, type Message, type Published } from "../src/index.ts";
import { type ChannelView, useChannel, type UseChannelOptions } from "../src/react/index.ts";
import { beginConnected } from "./fake-world.ts";
import { openPage, Probe } from "./react-page.ts";
import { confirm, has, inside, NAME, says } from "./react-reader.ts";

interface Chat {
  text: string;
}
type ChatView = ChannelView<Chat, DataMessage<Chat>>;

const schema = z.object({ text: z.string() });

interface ReaderProps {
  readonly probe: Probe<ChatView>;
  readonly options?: UseChannelOptions<DataMessage<Chat>>;
}

/** Names its channel anew at each render. */
function ChatReader({ probe, options }: ReaderProps) {
  const view = useChannel(defineChannel("kept:*", schema)("1"), options);
  useLayoutEffect(() => probe.take(view));
  return null;
}

async function beginChat(options?: UseChannelOptions<DataMessage<Chat>>) {
  const begun = await beginConnected();
  const probe = new Probe<ChatView>();
  const render = () =>
    inside(begun.client, createElement(ChatReader, { probe, ...(options && { options }) }));
  const page = openPage(render());
  const [subscribe] = await begun.socket.lines();
  confirm(begun.socket, subscribe);
  return { ...begun, probe, page, render };
}

test("a component on a channel with a schema gets what fits, and what does not is shown at its place", async () => {
  const invalid: Invalid[] = [];
  const { socket, probe, page, render } = await beginChat({ onInvalid: (fault) => invalid.push(fault) });
  socket.say(says({ text: "a" }), says({ text: 5 }), says({ text: "b" }));
  const view = await probe.until(has(2));
  expect(view.messages.map(({ data }) => data.text)).toEqual(["a", "b"]);
  expect(view.entries.map(({ kind }) => kind)).toEqual(["message", "invalid", "message"]);
  expect(invalid).toMatchObject([
    { channel: NAME, message: { data: { text: 5 } }, issues: [{ path: ["text"] }] },
  ]);
  page.show(render());
  expect(probe.now).toBe(view);
  expect(await socket.lines()).toEqual([]);
});

test("a message that does not fit is warned of where nobody asked to be told", async () => {
  const warn = vi.spyOn(console, "warn").mockReturnValue();
  const { socket, probe } = await beginChat();
  socket.say(says({ text: 5 }), says({ text: "fits" }));
  await probe.until(has(1));
  expect(warn).toHaveBeenCalledExactlyOnceWith(expect.stringContaining(NAME));
  warn.mockRestore();
});

test("a component with another schema, or none, on the same channel sees the same messages its own way", async () => {
  const { client, socket, probe, render, page } = await beginChat({ onInvalid: () => {} });
  const raw = new Probe<ChannelView>();
  const RawReader = () => {
    const view = useChannel(NAME);
    useLayoutEffect(() => raw.take(view));
    return null;
  };
  page.show(createElement(Fragment, undefined, render(), inside(client, createElement(RawReader))));
  socket.say(says({ text: 5 }), says({ text: "fits" }));
  await Promise.all([probe.until(has(1)), raw.until(has(2))]);
  expect(raw.now.messages).toMatchObject([{ data: { text: 5 } }, { data: { text: "fits" } }]);
});

test("what does not fit is not sent", async () => {
  const { socket, probe } = await beginChat();
  // @ts-expect-error a text is not a number
  await expect(probe.now.send({ text: 5 })).rejects.toMatchObject({ code: "invalid" });
  expect(await socket.lines()).toEqual([]);
});

const typed = () => useChannel(defineChannel("kept:*", schema)("1"));
const untyped = () => useChannel(NAME);
const listening = () =>
  useChannel(defineChannel("kept:*", schema)("1"), { onMessage: ({ data }) => data.text });
const misuses = [
  // @ts-expect-error JSON has no functions
  () => untyped().send(() => {}),
  // @ts-expect-error a definition is not a channel yet
  () => useChannel(defineChannel("kept:*", schema)),
  // @ts-expect-error no such member
  () => typed().messages[0]?.data.mood,
];

test("types follow the channel", () => {
  expectTypeOf(typed).returns.toEqualTypeOf<ChatView>();
  expectTypeOf(listening).returns.toEqualTypeOf<ChatView>();
  expectTypeOf(untyped).returns.toHaveProperty("messages").toEqualTypeOf<readonly Message[]>();
  expectTypeOf(typed).returns.toHaveProperty("send").returns.toEqualTypeOf<Promise<Published>>();
  expect(misuses).toHaveLength(3);
});
