import { describe, expect, test } from "vitest";
import { z } from "zod";
import { defineChannel } from "../src/index.ts";
import { presenceOf } from "../src/presence/index.ts";
import { beginConnected, comeBack } from "./fake-world.ts";
import {
  answer,
  beginKnowing,
  beginWatching,
  BOB,
  confirm,
  members,
  NAME,
  NOBODY,
  presence,
  refuse,
  ZOE,
} from "./presence-world.ts";

const UNKNOWN = { members: undefined, total: undefined, isCurrent: false };
const message = (data: unknown, position?: string) => ({
  type: "message",
  channel: NAME,
  time: 1,
  data,
  position,
});

describe("who is on a channel", () => {
  test("is asked for with the subscription, and known from the gateway's first word on", async () => {
    const { socket, line, here, subscription, changes } = await beginWatching({ info: { name: "Zoë" } });
    expect(line).toMatchObject({ type: "subscribe", channel: NAME, presence: true, info: { name: "Zoë" } });
    confirm(socket, line);
    expect(here.current).toEqual(UNKNOWN);
    socket.say(members(ZOE, NOBODY));
    const current = { members: [ZOE, NOBODY], total: 2, isCurrent: true };
    expect(changes).toEqual([{ current, joined: [], left: [], updated: [] }]);
    expect(here.current).toBe(changes[0]?.current);
    expect(subscription.current).toBe(here.current);
  });

  test("is kept up by changes, and those who stay are the same objects at the same places", async () => {
    const { socket, here, changes } = await beginKnowing(ZOE, BOB);
    const [zoe] = here.current.members ?? [];
    const typing = { user: "8", info: { typing: true } };
    socket.say(
      presence(3, { joined: [NOBODY], updated: [typing] }),
      presence(2, { left: [{ connection: "Qd1.5" }] }),
      presence(1, { left: [{ user: "8" }] }),
    );
    expect(changes).toMatchObject([
      {
        joined: [NOBODY],
        updated: [typing],
        left: [],
        current: { members: [ZOE, typing, NOBODY], total: 3 },
      },
      { joined: [], updated: [], left: [NOBODY], current: { members: [ZOE, typing], total: 2 } },
      { joined: [], updated: [], left: [typing], current: { members: [ZOE], total: 1 } },
    ]);
    expect(here.current.members?.[0]).toBe(zoe);
  });

  test("is what was known last while the connection is away, and what changed meanwhile is told after", async () => {
    const { world, socket, here, changes } = await beginKnowing(ZOE, BOB);
    const { members: known } = here.current;
    const again = await comeBack(world);
    expect(changes).toMatchObject([{ current: { members: [ZOE, BOB], total: 2, isCurrent: false } }]);
    expect(here.current.members).toBe(known);
    const [line] = await again.lines();
    expect(line).toMatchObject({ type: "subscribe", presence: true });
    socket.say(members());
    confirm(again, line, { complete: true });
    again.say(members(NOBODY, { user: "7", info: { name: "Zoe" } }));
    expect(changes.at(-1)).toEqual({
      current: { members: [{ user: "7", info: { name: "Zoe" } }, NOBODY], total: 2, isCurrent: true },
      joined: [NOBODY],
      left: [BOB],
      updated: [{ user: "7", info: { name: "Zoe" } }],
    });
  });

  test("is not current while the gateway is not certain, and who was there all the time has not come", async () => {
    const { socket, line, here, changes } = await beginWatching();
    confirm(socket, line);
    socket.say({ ...members(ZOE), complete: false }, presence(2, { joined: [NOBODY] }));
    expect(here.current).toEqual({ members: [ZOE, NOBODY], total: 2, isCurrent: false });
    socket.say(members(ZOE, NOBODY, BOB));
    expect(here.current).toMatchObject({ total: 3, isCurrent: true });
    socket.say({ ...members(ZOE, NOBODY, BOB), complete: false }, members(ZOE, BOB));
    expect(changes.map(({ joined, left }) => [joined, left])).toEqual([
      [[], []],
      [[NOBODY], []],
      [[], []],
      [[], []],
      [[], [NOBODY]],
    ]);
    expect(here.current.isCurrent).toBe(true);
  });

  test("takes nobody for gone because the gateway is not certain, and tells who is once it is", async () => {
    const { socket, line, here, changes } = await beginWatching();
    confirm(socket, line);
    socket.say({ ...members(ZOE), complete: false }, presence(2, { joined: [NOBODY] }));
    socket.say({ ...members(BOB), complete: false });
    expect(here.current).toEqual({ members: [ZOE, NOBODY, BOB], total: 3, isCurrent: false });
    socket.say(members(ZOE, BOB));
    expect(here.current).toEqual({ members: [ZOE, BOB], total: 2, isCurrent: true });
    expect(changes.slice(-2)).toMatchObject([
      { joined: [], left: [] },
      { joined: [], left: [NOBODY] },
    ]);
  });

  test("is a number in a big room, until there are fewer again", async () => {
    const { socket, here, changes } = await beginKnowing(ZOE);
    socket.say(presence(4_012));
    expect(here.current).toEqual({ members: undefined, total: 4_012, isCurrent: true });
    socket.say(presence(500, { left: [BOB] }));
    expect(changes.at(-1)).toMatchObject({ current: { members: undefined, total: 500 }, left: [BOB] });
    socket.say(members(ZOE, BOB));
    expect(changes.at(-1)).toMatchObject({ joined: [], current: { members: [ZOE, BOB], total: 2 } });
  });

  test("is a bounded list without doubles, whatever a gateway says", async () => {
    const { socket, here, changes, errors } = await beginKnowing(ZOE, ZOE);
    expect(here.current.members).toEqual([ZOE]);
    socket.say(
      presence(1, { left: [BOB, { connection: "7" }] }),
      presence(1, { joined: [ZOE, ZOE], left: [] }),
      presence(2, { updated: [BOB], left: [BOB] }),
      '{"type":"presence","channel":"kept:1","total":2,"joined":[{"user":"7","connection":"7"}]}',
      '{"type":"presence","channel":"kept:1","total":2,"joined":"all"}',
      '{"type":"members","channel":"kept:1","total":2}',
      presence(1, { joined: [{ user: "__proto__" }] }),
    );
    expect(changes.map(({ joined, left, updated }) => [joined.length, left.length, updated.length])).toEqual([
      [0, 0, 0],
      [0, 0, 0],
      [1, 0, 0],
      [1, 0, 0],
    ]);
    expect(here.current.members).toEqual([ZOE, BOB, { user: "__proto__" }]);
    const flood = Array.from({ length: 10_001 }, (_, index) => ({ user: `u${index}` }));
    socket.say(presence(10_001, { joined: flood }));
    expect(here.current).toEqual({ members: undefined, total: 10_001, isCurrent: true });
    expect(errors).toEqual([]);
  });

  test("can be asked for a page at a time, without being there", async () => {
    const { client, socket } = await beginConnected();
    const typed = defineChannel("kept:*", z.object({ text: z.string() }));
    const page = presenceOf(client.channel(typed("1"))).list({ after: "7", limit: 2 });
    const [line] = await socket.lines();
    expect(line).toMatchObject({ type: "presence", channel: NAME, after: "7", limit: 2 });
    answer(socket, line, { type: "present", members: [BOB], total: 9, next: "8", complete: false });
    await expect(page).resolves.toEqual({ members: [BOB], total: 9, next: "8", complete: false });
  });

  test("is told to every listener that does not throw", async () => {
    const { socket, here, changes, errors, line } = await beginWatching();
    const fault = new Error("of the application");
    here.subscribe(() => {
      throw fault;
    });
    confirm(socket, line);
    socket.say(members(ZOE));
    expect(errors).toEqual([fault]);
    expect(changes).toHaveLength(1);
  });
});

describe("a subscription to messages", () => {
  test("of the same turn is shared, and neither misses nor repeats anything", async () => {
    const { client, socket } = await beginConnected();
    const heard: unknown[] = [];
    const channel = client.channel(NAME);
    const onGap = () => heard.push("gap");
    channel.subscribe({ onMessage: ({ data }) => heard.push(data), onGap }, { last: 1 });
    presenceOf(channel).subscribe(() => {});
    const [first, leave, second] = await socket.lines();
    expect([first?.type, leave?.type]).toEqual(["subscribe", "unsubscribe"]);
    expect(second).toMatchObject({ type: "subscribe", last: 1, presence: true });
    // It was confirmed, or cancelled; both may be.
    confirm(socket, first);
    socket.say(message("a", "1"));
    answer(socket, leave, { type: "unsubscribed" });
    confirm(socket, second);
    socket.say(message("a", "1"), message("b", "2"));
    expect(heard).toEqual(["a", "b"]);
  });

  test("that stands on a stream channel goes on behind what was handled", async () => {
    const { client, socket } = await beginConnected();
    const heard: unknown[] = [];
    const channel = client.channel(NAME);
    channel.subscribe({ onMessage: ({ data }) => heard.push(data), onGap: () => heard.push("gap") });
    const [first] = await socket.lines();
    confirm(socket, first);
    socket.say(message("a", "1"));
    presenceOf(channel).subscribe(() => {});
    const [leave, second] = await socket.lines();
    expect(leave?.type).toBe("unsubscribe");
    expect(second).toMatchObject({ type: "subscribe", since: "1", presence: true });
    const many = Array.from({ length: 1_000 }, (_, index) => index + 2);
    const flood = many.map((number) => message(number, String(number)));
    socket.say(...flood);
    answer(socket, leave, { type: "unsubscribed" });
    confirm(socket, second, { position: "1", complete: true });
    socket.say(...flood, message("z", "z"), members(ZOE));
    expect(heard).toEqual(["a", ...many, "z"]);
    expect(presenceOf(channel).current.members).toEqual([ZOE]);
  });

  test("that stands on a live channel has a gap", async () => {
    const { client, socket } = await beginConnected();
    const gaps: unknown[] = [];
    const channel = client.channel(NAME);
    channel.subscribe({ onGap: ({ reason }) => gaps.push(reason) });
    const live = { resumable: false, position: undefined };
    const [first] = await socket.lines();
    confirm(socket, first, live);
    presenceOf(channel).subscribe(() => {});
    const [, second] = await socket.lines();
    confirm(socket, second, live);
    expect(gaps).toEqual(["return"]);
  });

  test.each(["unsupported", "too_large", "bad_request"])(
    "goes on where presence is refused with %s, which is told as the reason",
    async (code) => {
      const { client, socket, line, here, changes, channel } = await beginWatching();
      const heard: unknown[] = [];
      channel.subscribe((each) => heard.push(each.data));
      refuse(socket, line, code);
      const [second, ...others] = await socket.lines();
      expect(others).toEqual([]);
      expect(second).toMatchObject({ type: "subscribe" });
      expect(second).not.toHaveProperty("presence");
      confirm(socket, second);
      socket.say(message("a", "1"), members(ZOE));
      expect(heard).toEqual(["a"]);
      expect(changes).toMatchObject([{ current: { ...UNKNOWN, reason: { code } } }]);
      await expect(here.update({})).rejects.toMatchObject({ code });
      // It may be otherwise by now.
      here.subscribe(() => {});
      expect(here.current).toEqual(UNKNOWN);
      expect(await socket.lines()).toMatchObject([{ type: "unsubscribe" }, { presence: true }]);
      client.close();
    },
  );

  test("that is refused itself is told to both", async () => {
    const { socket, line, here, channel } = await beginWatching();
    const removed: unknown[] = [];
    channel.subscribe({ onRemoved: ({ code }) => removed.push(code) });
    refuse(socket, line, "forbidden");
    const [second] = await socket.lines();
    refuse(socket, second, "forbidden");
    expect(removed).toEqual(["forbidden"]);
    expect(here.current.reason).toMatchObject({ code: "forbidden" });
  });

  test("that is not wanted any more leaves those who want to know who is there", async () => {
    const { socket, here, channel } = await beginKnowing(ZOE);
    channel.subscribe(() => {}).end();
    socket.say(presence(2, { joined: [BOB] }));
    expect(here.current.members).toEqual([ZOE, BOB]);
    expect(await socket.lines()).toEqual([]);
  });
});

describe("who does not want to know any more", () => {
  test("leaves with the last of all, and may come back", async () => {
    const { socket, here, subscription, changes } = await beginKnowing(ZOE);
    const other = here.subscribe(() => {});
    subscription.end();
    expect(await socket.lines()).toEqual([]);
    other.end();
    other.end();
    expect(await socket.lines()).toMatchObject([{ type: "unsubscribe", channel: NAME }]);
    expect(here.current).toEqual(UNKNOWN);
    socket.say(members(ZOE));
    expect(changes).toEqual([]);
    here.subscribe(() => {});
    expect(await socket.lines()).toMatchObject([{ type: "subscribe", presence: true }]);
  });

  test("and does again while messages are read, knows at once and asks for nothing", async () => {
    const { world, socket, here, channel, subscription } = await beginKnowing(ZOE);
    channel.subscribe(() => {});
    subscription.end();
    socket.say(presence(2, { joined: [BOB] }));
    here.subscribe(() => {}).end();
    expect(here.current).toMatchObject({ members: [ZOE, BOB], isCurrent: true });
    expect(await socket.lines()).toEqual([]);
    // Nothing of it is wanted on the next connection.
    const again = await comeBack(world);
    const [line, ...others] = await again.lines();
    expect(line).not.toHaveProperty("presence");
    expect(here.current).toEqual(UNKNOWN);
    confirm(again, line, { complete: true });
    here.subscribe(() => {});
    expect(others).toEqual([]);
    expect(await again.lines()).toMatchObject([
      { type: "unsubscribe" },
      { type: "subscribe", presence: true },
    ]);
  });

  test("since the client is closed, is told so, and nothing is left", async () => {
    const { client, world, here, changes, subscription } = await beginKnowing(ZOE);
    client.close();
    expect(changes.at(-1)).toMatchObject({ current: { ...UNKNOWN, reason: { code: "closed" } } });
    subscription.end();
    expect(world.timers.size).toBe(0);
    await expect(here.update({})).rejects.toMatchObject({ code: "not_subscribed" });
    here.subscribe((change) => changes.push(change));
    expect(here.current.reason).toMatchObject({ code: "closed" });
  });
});
