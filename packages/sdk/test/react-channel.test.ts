import { createElement, StrictMode } from "react";
import { describe, expect, test } from "vitest";
import type { ChannelView } from "../src/react/index.ts";
import { begin, beginConnected, settle } from "./fake-world.ts";
import {
  beginReading,
  confirm,
  dataOf,
  GAP,
  has,
  inside,
  NAME,
  numbered,
  numbers,
  Reader,
  says,
} from "./react-reader.ts";
import { openPage, Probe } from "./react-page.ts";

describe("a component on a channel", () => {
  test("shows what comes, and what was there when it subscribed", async () => {
    const { socket, probe, page, subscribe } = await beginReading({ last: 20 });
    expect(subscribe).toMatchObject({ type: "subscribe", channel: NAME, last: 20 });
    socket.say(...numbered(3));
    const view = await probe.until(has(3));
    expect(view).toMatchObject({ state: { kind: "subscribed", resumable: true }, hasOlder: true });
    expect(page.text).toBe("1 2 3 ");
  });

  test("mounted twice by StrictMode makes one subscription, and loses nothing", async () => {
    const { client, socket } = await beginConnected();
    const probe = new Probe<ChannelView>();
    const reader = createElement(Reader, { probe, options: { last: 5 } });
    using page = openPage(createElement(StrictMode, undefined, inside(client, reader)));
    const [subscribe, ...others] = await socket.lines();
    expect(others).toEqual([]);
    confirm(socket, subscribe);
    socket.say(...numbered(2));
    await probe.until(has(2));
    expect(page.text).toBe("1 2 ");
    expect(await socket.lines()).toEqual([]);
  });

  test("that is removed leaves the channel, and nothing of it hears or is rendered any more", async () => {
    const heard: unknown[] = [];
    const { client, socket, probe, page } = await beginReading({ onMessage: ({ data }) => heard.push(data) });
    page.unmount();
    expect(await socket.lines()).toMatchObject([{ type: "unsubscribe", channel: NAME }]);
    const renders = probe.values.length;
    const sentinel = new Probe<ChannelView>();
    using _ = openPage(inside(client, createElement(Reader, { probe: sentinel })));
    const [subscribe] = await socket.lines();
    expect(subscribe).toMatchObject({ type: "subscribe" });
    confirm(socket, subscribe);
    socket.say(says("late"));
    expect(dataOf(await sentinel.until(has(1)))).toEqual(["late"]);
    expect([heard, probe.values.length]).toEqual([[], renders]);
  });

  test("goes to another channel when its name changes, and shows nothing of the first", async () => {
    const { client, socket, probe, page } = await beginReading();
    socket.say(...numbered(2));
    await probe.until(has(2));
    page.show(inside(client, createElement(Reader, { probe, channel: "kept:2" })));
    expect(probe.now).toMatchObject({ messages: [], state: { kind: "subscribing" } });
    const [subscribe, unsubscribe] = await socket.lines();
    expect(subscribe).toMatchObject({ type: "subscribe", channel: "kept:2" });
    expect(unsubscribe).toMatchObject({ type: "unsubscribe", channel: NAME });
    confirm(socket, subscribe);
    socket.say(says("of the first"), { ...says("of the second"), channel: "kept:2" });
    expect(dataOf(await probe.until(has(1)))).toEqual(["of the second"]);
  });

  test("sends with one function for all its life", async () => {
    const { socket, probe } = await beginReading();
    const { send } = probe.now;
    const published = send({ text: "hello" }, { key: "mine" });
    const [publish] = await socket.lines();
    expect(publish).toMatchObject({ type: "publish", channel: NAME, data: { text: "hello" }, key: "mine" });
    socket.say({ type: "published", id: publish?.id, duplicate: false, position: "p1" }, says("hello", "p1"));
    await expect(published).resolves.toEqual({ duplicate: false, position: "p1" });
    await probe.until(has(1));
    expect(new Set(probe.values.map((view) => view.send))).toEqual(new Set([send]));
  });

  test("gets the same objects while nothing has changed, however often it is rendered", async () => {
    const { socket, probe, showWith } = await beginReading();
    socket.say(...numbered(2));
    const before = await probe.until(has(2));
    showWith({ onMessage: () => {} });
    expect(probe.values.length).toBeGreaterThan(probe.values.indexOf(before) + 1);
    expect(probe.now).toBe(before);
    socket.say(says(3, "p3"));
    const after = await probe.until(has(3));
    expect(after.entries.slice(0, 2)).toEqual(before.entries);
    expect(after.entries[0]).toBe(before.entries[0]);
    socket.end(1006);
    const away = await probe.until(({ state }) => state.kind === "subscribing");
    expect(away.messages).toBe(after.messages);
  });

  test("keeps the newest up to its limit", async () => {
    const { socket, probe } = await beginReading({ limit: 3 });
    socket.say(...numbered(20));
    expect(dataOf(await probe.until(({ messages }) => messages.at(-1)?.data === 20))).toEqual([18, 19, 20]);
  });

  test("has no use for a limit that is none", () => {
    const { client } = begin();
    using page = openPage();
    const reader = createElement(Reader, { probe: new Probe<ChannelView>(), options: { limit: Number.NaN } });
    expect(() => page.show(inside(client, reader))).toThrow("limit must be a number from 0 on.");
  });
});

describe("a burst", () => {
  test("of 1,000 messages in one frame is rendered at once", async () => {
    const { socket, probe } = await beginReading({ limit: 1_000 });
    const before = probe.values.length;
    socket.say(...numbered(1_000));
    const view = await probe.until(has(1_000));
    expect(dataOf(view)).toEqual(numbers(1_000));
    expect(probe.values.length - before).toBe(1);
  });

  test("of 1,000 frames, a turn each, is rendered together, and each message is heard", async () => {
    const heard: unknown[] = [];
    const { socket, probe } = await beginReading({ limit: 10, onMessage: ({ data }) => heard.push(data) });
    const before = probe.values.length;
    for (const message of numbered(1_000)) {
      socket.say(message);
      await settle();
    }
    await probe.until(({ messages }) => messages.at(-1)?.data === 1_000);
    expect(heard).toEqual(numbers(1_000));
    expect(probe.values.length - before).toBeLessThan(500);
  });
});

describe("what is not a message", () => {
  test("a gap is shown at its place, and told", async () => {
    const gaps: unknown[] = [];
    const { socket, probe, page } = await beginReading({ onGap: ({ reason }) => gaps.push(reason) });
    socket.say(...numbered(2), GAP, says(3, "p3"));
    await probe.until(has(3));
    expect(page.text).toBe("1 2 | 3 ");
    expect(gaps).toEqual(["gateway"]);
    const keys = probe.now.entries.map(({ key }) => key);
    expect(new Set(keys).size).toBe(keys.length);
  });

  test("a removal is a state and told, and a component that is mounted anew asks again", async () => {
    const removals: string[] = [];
    const { client, socket, probe, page } = await beginReading({
      onRemoved: ({ code }) => removals.push(code),
    });
    socket.say(says(1, "p1"), { type: "removed", channel: NAME, code: "forbidden", message: "no more" });
    const ended = await probe.until(({ state }) => state.kind === "ended");
    expect(ended).toMatchObject({ state: { reason: { code: "forbidden" } }, messages: [{ data: 1 }] });
    expect(removals).toEqual(["forbidden"]);
    // Another one beside it sees the same, and does not ask.
    const other = new Probe<ChannelView>();
    page.show(inside(client, createElement(Reader, { probe }), createElement(Reader, { probe: other })));
    expect(other.now.state.kind).toBe("ended");
    page.show(inside(client, createElement(Reader, { probe, key: "second" })));
    const lines = await socket.lines();
    expect(lines).toMatchObject([{ type: "subscribe", channel: NAME }]);
    expect(probe.now).toMatchObject({ state: { kind: "subscribing" }, messages: [] });
  });

  test("what its client has closed is ended, too", async () => {
    const { client, probe } = await beginReading();
    client.close();
    const { state } = await probe.until((view) => view.state.kind === "ended");
    expect(state).toMatchObject({ reason: { code: "closed" } });
  });
});

describe("callbacks", () => {
  test("may be others at each render: the newest is called, and nothing is subscribed anew", async () => {
    const heard: string[] = [];
    const { socket, showWith, probe } = await beginReading({ onMessage: () => heard.push("old") });
    showWith({ onMessage: () => heard.push("new") });
    socket.say(says(1, "p1"));
    await probe.until(has(1));
    expect(heard).toEqual(["new"]);
    expect(await socket.lines()).toEqual([]);
  });

  test("that throw are reported, and hurt nobody else", async () => {
    const fault = new Error("a bug");
    const fail = () => {
      throw fault;
    };
    const { client, socket, errors, page } = await beginReading();
    const [first, second] = [new Probe<ChannelView>(), new Probe<ChannelView>()];
    const heard: unknown[] = [];
    const failing = createElement(Reader, { probe: first, options: { onMessage: fail, onGap: fail } });
    const hearing = createElement(Reader, {
      probe: second,
      options: { onMessage: ({ data }) => heard.push(data) },
    });
    page.show(inside(client, failing, hearing));
    socket.say(says(1, "p1"), GAP, says(2, "p2"));
    await Promise.all([first.until(has(2)), second.until(has(2))]);
    expect([errors, heard]).toEqual([
      [fault, fault, fault],
      [1, 2],
    ]);
  });
});
