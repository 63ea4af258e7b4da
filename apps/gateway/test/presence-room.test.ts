/** A room whose broker and clock are in the test's hands. */
import type { PresenceNotice } from "@tidewire/broker";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { FakeConnection } from "./fake-connection.ts";
import {
  becomeIdle,
  isNumber,
  plainReader,
  someone,
  textsOf,
  wordsOf,
  World,
} from "./presence-room-world.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const REFUSED = { ok: false, error: { code: "refused", message: "no rights" } } as const;
const AWAY = { ok: false, error: { code: "unavailable", message: "away" } } as const;

test("however fast members come and go, the first is told at once and the others together, twenty times a second", async () => {
  const world = await new World().watch();
  await world.answer("7");
  const [watcher, plain] = [world.watcher(), world.plain()];
  textsOf(watcher);
  world.room.hear(world.notice("+8"));
  await vi.advanceTimersByTimeAsync(0);
  expect(textsOf(watcher)).toMatchObject([{ joined: [{ user: "8" }] }]);
  expect(wordsOf(plain)).toEqual(["+8"]);
  for (let times = 0; times < 100; times += 1) {
    world.room.hear(world.notice(times % 2 === 0 ? "-8 +9" : "+8 -9"));
    await vi.advanceTimersByTimeAsync(10);
  }
  world.room.hear(world.notice("-8 +10"));
  await vi.advanceTimersByTimeAsync(50);
  const pushes = textsOf(watcher);
  expect(pushes.length).toBeLessThanOrEqual(22);
  expect(pushes.at(-1)).toMatchObject({ total: 2 });
  expect(wordsOf(plain)).toEqual(expect.arrayContaining(["-8", "+10"]));
});

test("readers that come and go all the time do not have changes told more often, and each is told of all", async () => {
  const world = await new World().watch();
  await world.answer("7");
  const watcher = world.watcher();
  textsOf(watcher);
  for (let times = 0; times < 100; times += 1) {
    world.room.hear(world.notice(times % 2 === 0 ? "+8" : "-8"));
    const [, reader] = world.arrive();
    await vi.advanceTimersByTimeAsync(10);
    world.room.remove(reader);
  }
  world.room.hear(world.notice("+9"));
  const [last] = world.arrive();
  await vi.advanceTimersByTimeAsync(50);
  expect(textsOf(last)).toMatchObject([{ type: "members", total: 2 }]);
  expect(textsOf(watcher).length).toBeLessThanOrEqual(22);
  expect(world.room.isEmpty).toBe(false);
});

test("readers that read slowly do not have changes told more often, and each is told of all", async () => {
  const world = await new World().watch();
  await world.answer("7");
  const watcher = world.watcher();
  const slow = [
    ...Array.from({ length: 5 }, () => world.watcher()),
    ...Array.from({ length: 5 }, () => world.plain()),
  ];
  textsOf(watcher);
  for (let times = 0; times < 100; times += 1) {
    world.room.hear(world.notice(times % 2 === 0 ? "+8" : "-8"));
    await vi.advanceTimersByTimeAsync(5);
    for (const [index, connection] of slow.entries()) {
      if (index === times % 10) becomeIdle(connection);
      connection.isBusy = true;
    }
    await vi.advanceTimersByTimeAsync(5);
  }
  expect(textsOf(watcher).length).toBeLessThanOrEqual(22);
  await world.hear("+9");
  for (const connection of slow) {
    connection.writes.splice(0);
    becomeIdle(connection);
  }
  await vi.advanceTimersByTimeAsync(50);
  expect(slow.slice(0, 5).map((each) => textsOf(each).at(-1))).toMatchObject(
    Array.from({ length: 5 }, () => ({ type: "members", total: 2 })),
  );
  expect(slow.slice(5).map(wordsOf)).toEqual(Array.from({ length: 5 }, () => ["+9", "-8"]));
});

test("however many notices are missed, who is there is asked for, and told, once a second at most", async () => {
  const world = await new World().watch();
  await world.answer("7");
  const watcher = world.watcher();
  let asked = 0;
  for (let times = 0; times < 350; times += 1) {
    world.notice("+9");
    world.room.hear(world.notice("+8"));
    await vi.advanceTimersByTimeAsync(10);
    asked += world.asking.length;
    if (world.asking.length > 0) await world.answer("7 8 9");
  }
  expect(asked).toBe(3);
  expect(textsOf(watcher).map(({ total }) => total)).toEqual([1, 3, 3, 3]);
});

describe("in a big room", () => {
  test("however many come, the number alone is told, once a second at most", async () => {
    const world = await new World(10).watch();
    const connection = world.watcher();
    await world.answer("7");
    for (let count = 0; count < 200; count += 1) {
      world.room.hear(world.notice(`+new-${count}`));
      await vi.advanceTimersByTimeAsync(20);
    }
    await vi.advanceTimersByTimeAsync(1_000);
    const pushes = textsOf(connection);
    const numbers = pushes.slice(pushes.findIndex(isNumber));
    expect(numbers.every(isNumber)).toBe(true);
    // 191 came after the room had become big, in 3.8 seconds, and a second went by after.
    expect(numbers.length).toBeLessThanOrEqual(1 + 4);
    expect(numbers[0]).toMatchObject({ total: 11 });
    expect(numbers.at(-1)).toMatchObject({ total: 201 });
  });

  test("that has become big while it was asked for is told of once", async () => {
    const world = await new World(3).watch();
    const connection = world.watcher();
    const late = ["+3 +4", "+5", "-4"].map((words) => world.notice(words));
    world.room.hear(late[0] as PresenceNotice);
    world.room.hear(late[1] as PresenceNotice);
    world.room.hear(late[2] as PresenceNotice);
    const members = ["1", "2"].map(someone);
    const version = { epoch: "e", number: 0 };
    await world.reply({ ok: true, value: { members, total: 2, hasMore: false, version, isComplete: true } });
    expect(textsOf(connection)).toEqual([{ type: "presence", channel: "room", total: 4 }]);
  });
});

describe("one who is told of comings and goings alone", () => {
  test("begins with those who are there, known or not when it comes", async () => {
    const world = await new World().watch();
    const early = world.plain();
    await world.answer("6 7 8");
    const late = world.plain();
    await world.hear("+9 -6");
    for (const connection of [early, late]) expect(wordsOf(connection)).toEqual(["+9", "-6"]);
  });

  test("is told the difference after a time of which nothing is known", async () => {
    const world = await new World().watch();
    await world.answer("6 7 8");
    const plain = world.plain();
    // Within the turn, so that nobody was told.
    world.room.hear(world.notice("+9"));
    world.room.reset();
    await vi.advanceTimersByTimeAsync(0);
    const later = world.plain("6");
    await world.answer("7 8 10");
    expect(wordsOf(plain)).toEqual(["+10", "-6"]);
    expect(wordsOf(later)).toEqual([]);
    world.room.reset();
    await vi.advanceTimersByTimeAsync(0);
    await world.answer("7 8 10");
    await world.hear("+11");
    for (const connection of [plain, later]) expect(wordsOf(connection)).toEqual(["+11"]);
  });

  test("loses nobody of whom it is not certain, and finds nobody new who was there", async () => {
    const world = await new World().watch();
    await world.answer("6 7 8");
    const before = world.plain();
    world.room.reset();
    await vi.advanceTimersByTimeAsync(0);
    await world.answer("7", { isComplete: false });
    const since = world.plain();
    await world.hear("+9");
    for (const connection of [before, since]) expect(wordsOf(connection)).toEqual(["+9"]);
    world.room.reset();
    await vi.advanceTimersByTimeAsync(0);
    world.room.hear(world.notice("+12"));
    await world.answer("7 8 9 10 12");
    expect(wordsOf(before)).toEqual(["+10", "+12", "-6"]);
    // 10 was entered anew: nobody can say that it has come since. Of 12 that was heard.
    expect(wordsOf(since)).toEqual(["+12", "-6"]);
    await world.hear("-10");
    for (const connection of [before, since]) expect(wordsOf(connection)).toEqual(["-10"]);
  });

  test("is told who comes before it is certain who is there, though it reads later", async () => {
    const world = await new World().watch();
    await world.answer("7", { isComplete: false });
    const [slow, slower] = [world.plain(), world.plain()];
    for (const connection of [slow, slower]) connection.isBusy = true;
    await world.hear("+9");
    becomeIdle(slow);
    expect(wordsOf(slow)).toEqual(["+9"]);
    world.room.reset();
    await vi.advanceTimersByTimeAsync(0);
    await world.answer("7 9 10");
    await world.hear("+11");
    becomeIdle(slower);
    // 10 was entered anew: nobody can say that it has come since.
    expect(wordsOf(slower)).toEqual(["+9", "+11"]);
    expect(wordsOf(slow)).toEqual(["+11"]);
  });

  test("is told who comes while it can't be asked who is there, or in the turn in which that was forgotten", async () => {
    const world = await new World().watch();
    await world.answer("7", { isComplete: false });
    const plain = world.plain();
    world.room.hear(world.notice("+8"));
    world.room.reset();
    await vi.advanceTimersByTimeAsync(0);
    await world.reply(AWAY);
    await world.hear("+9");
    await vi.advanceTimersByTimeAsync(1_000);
    await world.answer("7 8 9 10");
    expect(wordsOf(plain)).toEqual(["+8", "+9"]);
  });

  test.each([
    ["a notice was missed", (world: World) => world.room.hear(world.notice("+2"))],
    ["the link was away", (world: World) => world.room.reset()],
  ])("and comes while changes wait is told who comes from then on, though %s", async (_, lose) => {
    const world = await new World().watch();
    await world.answer("7");
    const before = world.plain("5");
    await world.hear("+8");
    world.room.hear(world.notice("+9"));
    await vi.advanceTimersByTimeAsync(0);
    world.room.hear(world.notice("+10"));
    const between = world.plain("6");
    world.notice("+1");
    lose(world);
    await vi.advanceTimersByTimeAsync(1_000);
    await world.answer("7 8 9 10 1");
    expect(wordsOf(before)).toEqual(["+8", "+9", "+10", "+1"]);
    expect(wordsOf(between)).toEqual(["+1"]);
  });

  test("gets the difference when it reads again, wherever the room is by then", async () => {
    const world = await new World(4).watch();
    await world.answer("6 7");
    const slow = world.plain();
    const quick = world.plain("6");
    slow.isBusy = true;
    await world.hear("+8");
    await world.hear("+9 -6");
    world.room.hear(world.notice("-8"));
    becomeIdle(slow);
    await vi.advanceTimersByTimeAsync(50);
    expect(wordsOf(slow)).toEqual(["+9", "-6"]);
    expect(wordsOf(quick)).toEqual(["+8", "+9", "-8"]);
    slow.isBusy = true;
    await world.hear("-9");
    await world.hear("+1 +2 +3 +4");
    becomeIdle(slow);
    expect(wordsOf(slow)).toEqual([]);
    world.room.reset();
    await vi.advanceTimersByTimeAsync(0);
    await world.answer("7 1");
    expect(wordsOf(slow)).toEqual(["+1", "-9"]);
    expect(wordsOf(quick)).toEqual(["-9", "+1"]);
  });

  test("that is gone is told nothing when its connection has taken all", async () => {
    const world = await new World().watch();
    await world.answer("7");
    const slow = new FakeConnection();
    slow.isBusy = true;
    const reader = plainReader(slow);
    world.room.add(reader);
    await world.hear("+8");
    world.room.remove(reader);
    becomeIdle(slow);
    expect(slow.writes).toEqual([]);
    expect(world.room.isEmpty).toBe(true);
  });
});

describe("a room of which nothing may be known", () => {
  test.each(["watched", "asked for"])("when it is %s tells all who want to know", async (when) => {
    const world = new World();
    const [watcher, plain] = [world.watcher(), world.plain()];
    const known = world.room.known();
    await world.watch(when === "watched" ? REFUSED : undefined);
    await world.reply(REFUSED);
    const told = { type: "presence", channel: "room", total: 0, code: "forbidden" };
    expect(textsOf(watcher)).toEqual([{ ...told, message: expect.any(String) as string }]);
    expect(plain.refused).toEqual(["room"]);
    expect(await known).toEqual(REFUSED);
    expect(world.refusals).toEqual(["refused"]);
    const late = world.watcher();
    expect(textsOf(late)).toMatchObject([told]);
    expect(textsOf(watcher)).toEqual([]);
    world.room.reset();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(world.asking).toEqual([]);
  });

  test("just now is asked for again, and who waits for it is told", async () => {
    const world = await new World().watch();
    const watcher = world.watcher();
    const known = world.room.known();
    await world.reply(AWAY);
    expect(await known).toEqual(AWAY);
    expect(watcher.writes).toEqual([]);
    const again = world.room.known();
    await vi.advanceTimersByTimeAsync(1_000);
    await world.answer("7");
    expect(await again).toMatchObject({ ok: true });
    expect(textsOf(watcher)).toMatchObject([{ type: "members", total: 1 }]);
  });
});
