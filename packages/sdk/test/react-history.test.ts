import { createElement } from "react";
import { describe, expect, test } from "vitest";
import type { ChannelView } from "../src/react/index.ts";
import { beginConnected, settle } from "./fake-world.ts";
import { openPage, Probe } from "./react-page.ts";
import {
  answer,
  beginReading,
  confirm,
  dataOf,
  has,
  inside,
  NAME,
  numbered,
  Reader,
  says,
} from "./react-reader.ts";

/** A component that shows 4 and 5, and the question for what was before. */
async function beginLoading(count?: number) {
  const begun = await beginReading();
  begun.socket.say(...numbered(2, 4));
  await begun.probe.until(has(2));
  const loaded = begun.probe.now.loadOlder(count);
  const [ask] = await begun.socket.lines();
  return { ...begun, loaded, ask };
}

describe("older messages", () => {
  test("are put in front, until there are no more", async () => {
    const { socket, probe, page, loaded, ask } = await beginLoading();
    expect(ask).toMatchObject({ type: "history", channel: NAME, before: "p4", limit: 50 });
    expect(await probe.until(({ isLoading }) => isLoading)).toMatchObject({ hasOlder: true });
    socket.say(says(6, "p6"));
    answer(socket, ask, numbered(2, 2));
    await loaded;
    const more = await probe.until(has(5));
    expect(more).toMatchObject({ hasOlder: true, isLoading: false });
    const rest = more.loadOlder(7);
    const [next] = await socket.lines();
    expect(next).toMatchObject({ before: "p2", limit: 7 });
    answer(socket, next, numbered(1), { more: false });
    await rest;
    expect(await probe.until(has(6))).toMatchObject({ hasOlder: false, isLoading: false });
    expect(page.text).toBe("1 2 3 4 5 6 ");
    const keys = probe.now.entries.map(({ key }) => key);
    expect(new Set(keys).size).toBe(6);
    expect(probe.now.entries.at(-1)).toBe(more.entries.at(-1));
  });

  test("are asked for once at a time", async () => {
    const { socket, probe, loaded, ask } = await beginLoading();
    const again = probe.now.loadOlder();
    answer(socket, ask, numbered(1, 3));
    await Promise.all([loaded, again]);
    expect(await socket.lines()).toEqual([]);
    expect(dataOf(await probe.until(has(3)))).toEqual([3, 4, 5]);
  });

  test("get room beyond the limit, and are the first to make room for new ones", async () => {
    const { socket, probe } = await beginReading({ limit: 2 });
    socket.say(...numbered(2, 4));
    const loaded = (await probe.until(has(2))).loadOlder(3);
    const [ask] = await socket.lines();
    answer(socket, ask, numbered(3), { more: false });
    await loaded;
    expect(await probe.until(has(5))).toMatchObject({ hasOlder: false });
    socket.say(...numbered(1, 6));
    const view = await probe.until(({ messages }) => messages.at(-1)?.data === 6);
    expect(dataOf(view)).toEqual([2, 3, 4, 5, 6]);
    expect(view.hasOlder).toBe(true);
    socket.say(...numbered(5, 7));
    const later = await probe.until(({ messages }) => messages.at(-1)?.data === 11);
    expect(dataOf(later)).toEqual([7, 8, 9, 10, 11]);
    expect(later.hasOlder).toBe(true);
  });

  test("that are kept no longer are a gap at their place", async () => {
    const { socket, probe, page, loaded, ask } = await beginLoading();
    answer(socket, ask, numbered(1, 2), { complete: false });
    await loaded;
    await probe.until(has(3));
    expect(page.text).toBe("2 | 4 5 ");
  });

  test("whose place went away in a flood are not put elsewhere", async () => {
    const begun = await beginReading({ limit: 2 });
    begun.socket.say(...numbered(2, 4));
    await begun.probe.until(has(2));
    const loaded = begun.probe.now.loadOlder(1);
    const [ask] = await begun.socket.lines();
    begun.socket.say(...numbered(5, 6));
    answer(begun.socket, ask, numbered(1, 3), { more: false });
    await loaded;
    const view = await begun.probe.until(
      ({ messages, isLoading }) => !isLoading && messages.at(-1)?.data === 10,
    );
    expect(dataOf(view)).toEqual([8, 9, 10]);
    expect(view.hasOlder).toBe(true);
    // One that has room for more sees no hole either.
    const roomy = new Probe<ChannelView>();
    const readers = [{ probe: begun.probe }, { probe: roomy, options: { limit: 50 } }];
    begun.page.show(inside(begun.client, ...readers.map((props) => createElement(Reader, props))));
    expect(dataOf(roomy.now)).toEqual([8, 9, 10]);
  });

  test("that can't be had reject, and may be asked for again", async () => {
    const { socket, probe, loaded, ask } = await beginLoading();
    socket.say({ type: "error", id: ask?.id, code: "forbidden", message: "no", retry: false });
    await expect(loaded).rejects.toMatchObject({ code: "forbidden" });
    expect(await probe.until(({ isLoading }) => !isLoading)).toMatchObject({ hasOlder: true });
  });

  test.each([Number.NaN, Infinity, 0, 1.5, 1_001, { type: "click" } as unknown as number])(
    "are not asked for by a count of %o, which leaves the limit as it is",
    async (count) => {
      const { socket, probe } = await beginReading({ limit: 2 });
      socket.say(...numbered(2));
      const view = await probe.until(has(2));
      await expect(view.loadOlder(count)).rejects.toMatchObject({ code: "bad_request", retry: false });
      socket.say(...numbered(2, 3));
      const later = await probe.until(({ messages }) => messages.at(-1)?.data === 4);
      expect(dataOf(later)).toEqual([3, 4]);
      expect(await socket.lines()).toEqual([]);
    },
  );

  test("are none on a live channel", async () => {
    const { probe } = await beginReading({}, { resumable: false, position: undefined });
    const view = await probe.until(({ state }) => state.kind === "subscribed");
    expect(view.hasOlder).toBe(false);
  });
});

describe("several components on one channel", () => {
  test("share one subscription and one list, whenever they come", async () => {
    const { client, socket, probe, page } = await beginReading();
    socket.say(...numbered(2));
    await probe.until(has(2));
    const second = new Probe<ChannelView>();
    page.show(inside(client, createElement(Reader, { probe }), createElement(Reader, { probe: second })));
    expect(dataOf(second.now)).toEqual([1, 2]);
    socket.say(says(3, "p3"));
    await Promise.all([probe.until(has(3)), second.until(has(3))]);
    expect(second.now.entries.map((entry, index) => entry === probe.now.entries[index])).toEqual([
      true,
      true,
      true,
    ]);
    page.show(inside(client, createElement(Reader, { probe })));
    socket.say(says(4, "p4"));
    await probe.until(has(4));
    expect(await socket.lines()).toEqual([]);
  });

  test("may want to begin differently: the one that wants more gets it out of what is kept", async () => {
    const { client, socket } = await beginConnected();
    const [badge, chat] = [new Probe<ChannelView>(), new Probe<ChannelView>()];
    const options = { last: 3, since: "p0" };
    using _ = openPage(
      inside(
        client,
        createElement(Reader, { probe: badge }),
        createElement(Reader, { probe: chat, options }),
      ),
    );
    const [subscribe] = await socket.lines();
    confirm(socket, subscribe);
    const [ask, ...others] = await socket.lines();
    expect([ask, others]).toMatchObject([{ type: "history", limit: 3 }, []]);
    expect(ask).not.toHaveProperty("before");
    // What is published while the question is on its way comes twice, and stands there once.
    socket.say(says(4, "p4"));
    answer(socket, ask, numbered(3, 3));
    socket.say(says(5, "p5"), says(6, "p6"));
    for (const probe of [badge, chat]) expect(dataOf(await probe.until(has(4)))).toEqual([3, 4, 5, 6]);
  });

  test("where it came before the first message, the page is the beginning", async () => {
    const { client, socket } = await beginConnected();
    const subscription = client.channel(NAME).subscribe(() => {});
    const [subscribe] = await socket.lines();
    confirm(socket, subscribe);
    await subscription.ready;
    // Somebody else has subscribed, who is no component.
    const probe = new Probe<ChannelView>();
    using page = openPage(inside(client, createElement(Reader, { probe, options: { last: 2 } })));
    const [ask] = await socket.lines();
    answer(socket, ask, numbered(2));
    await probe.until(has(2));
    // What the page held is on its way, too.
    socket.say(...numbered(2, 2));
    expect(dataOf(await probe.until(has(3)))).toEqual([1, 2, 3]);
    page.unmount();
    await settle();
    expect(await socket.lines()).toEqual([]);
  });
});
