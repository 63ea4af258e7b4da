import type { Push, Reply, Subscribe } from "@tidewire/protocol";
import { describe, expect, test, vi } from "vitest";
import { SharedChannel } from "../src/shared/shared-channel.ts";
import { Wire } from "../src/wire.ts";
import { FakeSocket, FakeWorld } from "./fake-world.ts";

const NAME = "room:1";
const nothing = () => {};

/** A channel in the worker, of which the test is the gateway. */
function begin() {
  const socket = new FakeSocket("", "");
  const onEmpty = vi.fn<() => void>();
  const onPush = (push: Push) => channel.take(push as never);
  const wire = new Wire(socket as never, { onOpen: nothing, onHeard: nothing, onClose: nothing, onPush });
  const channel: SharedChannel = new SharedChannel(NAME, wire, new FakeWorld(), onEmpty);
  /** Answers the one question that was asked. */
  const answer = async (fields: object) => {
    const [question] = await socket.lines();
    socket.say({ id: question?.id, channel: NAME, ...fields });
  };
  return { socket, channel, answer, onEmpty };
}

function openTab() {
  const said: (Reply | Push)[] = [];
  const say = (line: Reply | Push | string) =>
    void said.push(typeof line === "string" ? (JSON.parse(line) as Reply | Push) : line);
  return { said, say };
}

const subscribe = (id: number, fields: Partial<Subscribe> = {}): Subscribe => ({
  type: "subscribe",
  id,
  channel: NAME,
  ...fields,
});

const LIVE = { type: "subscribed", resumable: false };
const KEPT = { type: "subscribed", resumable: true, position: "p1" };
const NEWS = { type: "message", channel: NAME, time: 1, data: "new" };

describe("a tab that subscribes", () => {
  test.each([
    [{ last: 50 }, {}],
    [{ since: "p0" }, { complete: false }],
  ])("a live channel with %o begins with what is new, first or second", async (where, answered) => {
    const { socket, channel, answer } = begin();
    const [first, second] = [openTab(), openTab()];
    channel.subscribe(first, subscribe(1, where));
    await answer({ ...LIVE, ...answered });
    channel.subscribe(second, subscribe(2, where));
    socket.say(NEWS);
    const subscribed = { ...LIVE, channel: NAME, ...answered };
    expect(first.said).toEqual([{ ...subscribed, id: 1 }, NEWS]);
    expect(second.said).toEqual([{ ...subscribed, id: 2 }, NEWS]);
    expect(await socket.lines().catch(() => [])).toEqual([]);
  });

  test("and is refused with a code of a newer gateway is told, and the others miss nothing", async () => {
    const { socket, channel, answer } = begin();
    const [first, second] = [openTab(), openTab()];
    channel.subscribe(first, subscribe(1));
    await answer(KEPT);
    channel.subscribe(second, subscribe(2, { last: 5 }));
    const refusal = { type: "error", code: "full_moon", message: "not tonight", retry: true };
    const [question] = await socket.lines();
    socket.say({ ...refusal, id: question?.id }, NEWS);
    expect(second.said).toEqual([{ ...refusal, id: 2 }]);
    expect(first.said.at(-1)).toEqual(NEWS);
    channel.subscribe(second, subscribe(3, { last: 5 }));
    socket.say({ type: "removed", channel: NAME, code: "full_moon", message: "not tonight" });
    expect(second.said.at(-1)).toEqual({ ...refusal, id: 3, retry: false });
    expect(first.said.at(-1)).toMatchObject({ type: "removed", code: "full_moon" });
  });

  test("anew before the gateway has refused it gets the answer to what it asked last", async () => {
    const { channel, answer } = begin();
    const [first, second] = [openTab(), openTab()];
    channel.subscribe(first, subscribe(1, { since: "no-position" }));
    channel.subscribe(second, subscribe(2));
    channel.leave(first);
    channel.subscribe(first, subscribe(3));
    await answer({ type: "error", code: "bad_request", message: "no position", retry: false });
    await answer(KEPT);
    expect([first.said, second.said]).toMatchObject([
      [{ type: "subscribed", id: 3 }],
      [{ type: "subscribed", id: 2 }],
    ]);
  });

  test("and is refused leaves nothing behind", () => {
    const { channel, onEmpty } = begin();
    channel.subscribe(openTab(), subscribe(1, { echo: false }));
    expect(onEmpty).toHaveBeenCalledOnce();
  });
});
