import { createElement, type ReactNode, StrictMode, useLayoutEffect } from "react";
import { describe, expect, test } from "vitest";
import { type PresentView, useChannel, usePresence, type UsePresenceOptions } from "../src/react/index.ts";
import { beginConnected, comeBack, settle } from "./fake-world.ts";
import { answer, BOB, confirm, members, NAME, presence, refuse, ZOE } from "./presence-world.ts";
import { openPage, Probe } from "./react-page.ts";
import { inside } from "./react-reader.ts";

interface HereProps {
  readonly probe: Probe<PresentView>;
  readonly options?: UsePresenceOptions;
}

/** Shows who is there. */
function Here({ probe, options }: HereProps): ReactNode {
  const view = usePresence(NAME, options);
  useLayoutEffect(() => probe.take(view));
  return `${view.members?.map(({ user }) => user).join(" ") ?? "?"} of ${view.total ?? "?"}`;
}

function Messages(): ReactNode {
  return useChannel(NAME).entries.map(({ kind }) => kind);
}

const has = (total: number) => (view: PresentView) => view.total === total;

async function beginShowing(options: UsePresenceOptions = {}, ...others: ReactNode[]) {
  const begun = await beginConnected();
  const probe = new Probe<PresentView>();
  const show = (next: UsePresenceOptions) =>
    inside(begun.client, createElement(Here, { probe, options: next }), ...others);
  const page = openPage(show(options));
  const showWith = (next: UsePresenceOptions) => page.show(show(next));
  return { ...begun, probe, page, lines: await begun.socket.lines(), showWith };
}

describe("a component that shows who is there", () => {
  test("shows it as it changes, and as it was while the connection is away", async () => {
    const { world, socket, lines, probe, page } = await beginShowing();
    expect(page.text).toBe("? of ?");
    confirm(socket, lines[0]);
    socket.say(members(ZOE, BOB));
    expect(await probe.until(has(2))).toMatchObject({ members: [ZOE, BOB], isCurrent: true });
    socket.say(presence(1, { left: [BOB] }));
    await probe.until(has(1));
    expect(page.text).toBe("7 of 1");
    await comeBack(world);
    await probe.until(({ isCurrent }) => !isCurrent);
    expect(page.text).toBe("7 of 1");
    page.unmount();
  });

  test("shares the subscription of one that shows messages, and no message is missing", async () => {
    const { socket, lines, probe, page } = await beginShowing({}, createElement(Messages));
    expect(lines).toMatchObject([{ type: "subscribe", presence: true }]);
    confirm(socket, lines[0]);
    socket.say(members(ZOE), { type: "message", channel: NAME, time: 1, data: "hello", position: "1" });
    await probe.until(has(1));
    expect(page.text).toBe("7 of 1message");
    expect(await socket.lines()).toEqual([]);
    page.unmount();
    expect(await socket.lines()).toMatchObject([{ type: "unsubscribe" }]);
  });

  test("mounted twice by StrictMode subscribes once, and leaves once", async () => {
    const { client, socket } = await beginConnected();
    const probe = new Probe<PresentView>();
    const here = createElement(Here, { probe, options: { info: { at: 1 } } });
    using page = openPage(createElement(StrictMode, undefined, inside(client, here)));
    expect(await socket.lines()).toMatchObject([{ type: "subscribe", presence: true, info: { at: 1 } }]);
    page.unmount();
    expect(await socket.lines()).toMatchObject([{ type: "unsubscribe" }]);
  });

  test("sends its info when it says something else, and not with each render", async () => {
    const { socket, lines, probe, showWith, page } = await beginShowing({ info: { at: 1 } });
    expect(lines).toMatchObject([{ type: "subscribe", info: { at: 1 } }]);
    confirm(socket, lines[0]);
    const { update } = probe.now;
    showWith({ info: { at: 1 } });
    expect(await socket.lines()).toEqual([]);
    showWith({ info: { at: 2 } });
    const [line, ...others] = await socket.lines();
    expect(line).toMatchObject({ type: "update", info: { at: 2 } });
    expect(others).toEqual([]);
    answer(socket, line, { type: "updated" });
    const updated = probe.now.update({ at: 3 });
    expect(probe.now.update).toBe(update);
    const [second] = await socket.lines();
    answer(socket, second, { type: "updated" });
    await updated;
    showWith({ info: { at: 2 } });
    expect(await socket.lines()).toEqual([]);
    page.unmount();
  });

  test("is told why nothing comes", async () => {
    const { socket, lines, probe, page } = await beginShowing();
    refuse(socket, lines[0], "unsupported");
    const view = await probe.until(({ reason }) => reason !== undefined);
    expect(view).toMatchObject({ members: undefined, isCurrent: false, reason: { code: "unsupported" } });
    page.unmount();
  });

  test("is not rendered with each change of a burst", async () => {
    const { socket, lines, probe, page } = await beginShowing();
    confirm(socket, lines[0]);
    socket.say(members(ZOE));
    await probe.until(has(1));
    const { length } = probe.values;
    const many = Array.from({ length: 100 }, (_, index) => ({ user: `u${index}` }));
    for (const [index, member] of many.entries()) {
      socket.say(presence(index + 2, { joined: [member] }));
      await settle();
    }
    await probe.until(has(101));
    expect(probe.values.length).toBeLessThan(length + many.length / 2);
    page.unmount();
  });
});
