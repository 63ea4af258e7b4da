import { describe, expect, test } from "vitest";
import { presenceOf } from "../src/presence/index.ts";
import { begin, comeBack, nextTry, settle, welcome } from "./fake-world.ts";
import {
  answer,
  beginKnowing,
  beginWatching,
  confirm,
  members,
  NAME,
  presence,
  refuse,
  ZOE,
} from "./presence-world.ts";

describe("what others may know", () => {
  test("is sent as the newest, one at a time", async () => {
    const { socket, here } = await beginKnowing(ZOE);
    const first = here.update({ at: 1 });
    const skipped = here.update({ at: 2 });
    const [line, ...others] = await socket.lines();
    expect(others).toEqual([]);
    expect(line).toMatchObject({ type: "update", channel: NAME, info: { at: 1 } });
    const last = here.update({ at: 3 });
    answer(socket, line, { type: "updated" });
    await first;
    const [second] = await socket.lines();
    expect(second).toMatchObject({ type: "update", info: { at: 3 } });
    answer(socket, second, { type: "updated" });
    await Promise.all([skipped, last, here.update({ at: 3 })]);
    expect(await socket.lines()).toEqual([]);
  });

  test("goes with the next subscription where the connection ends first", async () => {
    const { world, socket, here } = await beginKnowing(ZOE);
    const first = here.update({ at: 1 });
    expect(await socket.lines()).toMatchObject([{ type: "update" }]);
    const second = here.update({ at: 2 });
    const again = await comeBack(world);
    const [line, ...others] = await again.lines();
    expect(others).toEqual([]);
    expect(line).toMatchObject({ type: "subscribe", info: { at: 2 } });
    const third = here.update({ at: 3 });
    expect(await again.lines()).toEqual([]);
    confirm(again, line, { complete: true });
    again.say(members(ZOE));
    await Promise.all([first, second]);
    const [update] = await again.lines();
    expect(update).toMatchObject({ type: "update", info: { at: 3 } });
    answer(again, update, { type: "updated" });
    await third;
  });

  test("is what the subscription began with, where there is no connection yet", async () => {
    const { client, world } = begin();
    const here = presenceOf(client.channel(NAME));
    here.subscribe(() => {}, { info: { at: 1 } });
    const updated = here.update({ at: 2 });
    const socket = await welcome(world);
    expect(await socket.lines()).toMatchObject([{ type: "subscribe", info: { at: 2 } }]);
    // Lost before it was confirmed.
    const again = await comeBack(world);
    const [line] = await again.lines();
    expect(line).toMatchObject({ type: "subscribe", info: { at: 2 } });
    confirm(again, line);
    again.say(members(ZOE));
    await updated;
    expect(await again.lines()).toEqual([]);
  });

  test("is not taken where the channel turns out to have no presence", async () => {
    const { socket, here, line } = await beginWatching({ info: { at: 0 } });
    const asked = here.update({ at: 0 });
    confirm(socket, line);
    socket.say(presence(0, { code: "unsupported", message: "no" }));
    await expect(asked).rejects.toMatchObject({ code: "unsupported" });
  });

  test("that a gateway refused is not sent again", async () => {
    const { world, socket, here, line } = await beginWatching({ info: { at: 0 } });
    confirm(socket, line);
    const bad = here.update({ at: 1 });
    const [first] = await socket.lines();
    refuse(socket, first, "too_large");
    await expect(bad).rejects.toMatchObject({ code: "too_large" });
    const again = await comeBack(world);
    const [second] = await again.lines();
    expect(second).toMatchObject({ type: "subscribe", info: { at: 0 } });
    confirm(again, second, { complete: true });
    const good = here.update({ at: 2 });
    const [third] = await again.lines();
    answer(again, third, { type: "updated" });
    await good;
    const worse = here.update({ at: 3 });
    const [fourth] = await again.lines();
    refuse(again, fourth, "too_large");
    await expect(worse).rejects.toMatchObject({ code: "too_large" });
    const last = await comeBack(world);
    expect(await last.lines()).toMatchObject([{ type: "subscribe", info: { at: 2 } }]);
  });

  test("is an object of 1,024 bytes at most, or nothing is sent", async () => {
    const { socket, here } = await beginKnowing(ZOE);
    const large = { text: "x".repeat(1_024) };
    await expect(here.update(large)).rejects.toMatchObject({ code: "too_large" });
    await expect(here.update("text" as never)).rejects.toMatchObject({ code: "bad_request" });
    expect(() => here.subscribe(() => {}, { info: large })).toThrow(
      expect.objectContaining({ code: "too_large" }),
    );
    await settle();
    expect(await socket.lines()).toEqual([]);
  });

  test("and was taken goes on to count where somebody wants to be there again, and what was given up does not", async () => {
    const { world, socket, here, channel, subscription } = await beginKnowing(ZOE);
    channel.subscribe(() => {});
    const onItsWay = here.update({ at: 1 });
    const waiting = here.update({ at: 2 });
    const [line] = await socket.lines();
    subscription.end();
    await expect(waiting).rejects.toMatchObject({ code: "not_subscribed" });
    here.subscribe(() => {});
    answer(socket, line, { type: "updated" });
    await onItsWay;
    const again = await comeBack(world);
    expect(await again.lines()).toMatchObject([{ type: "subscribe", info: { at: 1 } }]);
  });

  test("and was given up while there was no connection is not sent", async () => {
    const { world, socket, here, channel, subscription } = await beginKnowing(ZOE);
    channel.subscribe(() => {});
    socket.end(1006);
    const waiting = here.update({ at: 1 });
    subscription.end();
    await expect(waiting).rejects.toMatchObject({ code: "not_subscribed" });
    here.subscribe(() => {});
    await nextTry(world);
    const [line] = await (await welcome(world)).lines();
    expect(line).toMatchObject({ type: "subscribe", presence: true });
    expect(line).not.toHaveProperty("info");
  });

  test("is settled when nobody wants to be there any more", async () => {
    const { world, socket, here, channel, subscription } = await beginKnowing(ZOE);
    channel.subscribe(() => {});
    const onItsWay = here.update({ at: 1 });
    const waiting = here.update({ at: 2 });
    const settled = Promise.allSettled([onItsWay, waiting]);
    await socket.lines();
    subscription.end();
    await expect(waiting).rejects.toMatchObject({ code: "not_subscribed" });
    const again = await comeBack(world);
    expect(await settled).toMatchObject([
      { reason: { code: "connection_lost" } },
      { reason: { code: "not_subscribed" } },
    ]);
    const [line] = await again.lines();
    expect(line).not.toHaveProperty("info");
  });
});
