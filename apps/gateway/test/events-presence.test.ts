/** What readers of events are told of who is on the channel. */
import { describe, expect, test } from "vitest";
import { ChannelRuleInput } from "../src/channel-rules.ts";
import { type EventReader, readEvents } from "./event-reader.ts";
import { memberAt, ROOMS, startPresence } from "./presence-helpers.ts";
import { KEY } from "./signed-in.ts";
import type { TestGateway } from "./test-gateway.ts";
import { mint } from "./tokens.ts";

const CHANNELS = { ...ROOMS, "kept:*": ChannelRuleInput.parse({ presence: true, history: { size: 100 } }) };

async function watch(gateway: TestGateway, user: string, channel = "room:1"): Promise<EventReader> {
  const token = await mint({ sub: user });
  return readEvents(gateway, `?channel=${channel}&presence=1&token=${token}`);
}

/** The next event, its data read as JSON. */
async function next(reader: EventReader): Promise<{ event: string; data: unknown; id: string }> {
  const { event, data, id } = await reader.next();
  return { event, data: JSON.parse(data) as unknown, id };
}

describe("a reader of events that asks for presence", () => {
  test("is told of all who are there, and of everybody who comes and goes, as in v1", async () => {
    await using gateway = await startPresence();
    await using before = await memberAt(gateway, "6", { info: { name: "Zoë\n" } });
    await using reader = await watch(gateway, "7");
    const first = await next(reader);
    const members = [{ user: "6", info: { name: "Zoë\n" } }];
    // Its own member may be in it already, or come right after.
    const both = [...members, { user: "7" }];
    const isIn = (first.data as { total: number }).total === 2;
    expect(first).toEqual({
      event: "members",
      data: { type: "members", channel: "room:1", members: isIn ? both : members, total: isIn ? 2 : 1 },
      id: "",
    });
    if (!isIn) await reader.next();
    await using other = await memberAt(gateway, "8");
    const data = { type: "presence", channel: "room:1", joined: [{ user: "8" }], total: 3 };
    expect(await next(reader)).toEqual({ event: "presence", data, id: "" });
    await before.request("unsubscribe", { channel: "room:1" });
    const gone = { type: "presence", channel: "room:1", left: [{ user: "6" }], total: 2 };
    expect(await next(reader)).toEqual({ event: "presence", data: gone, id: "" });
    await other.request("publish", { channel: "room:1", data: "hello" });
    expect(await reader.next()).toEqual({ event: "message", data: "hello", id: "" });
  });

  test("keeps its position in a stream channel", async () => {
    await using gateway = await startPresence({}, { channels: CHANNELS });
    await using writer = await memberAt(gateway, "6", { channel: "kept:1" });
    await using reader = await watch(gateway, "7", "kept:1");
    await writer.request("publish", { channel: "kept:1", data: "one" });
    const { id } = await reader.events.find(({ data }) => data === "one");
    await using other = await memberAt(gateway, "8", { channel: "kept:1" });
    const joined = await reader.events.find(({ data }) => data.includes('"joined":[{"user":"8"}]'));
    expect([joined.event, joined.id]).toEqual(["presence", id]);
    expect(other.socket.readyState).toBe(other.socket.OPEN);
  });

  test("with the key of a server is nobody itself", async () => {
    await using gateway = await startPresence();
    await using reader = await readEvents(gateway, "?channel=room:1&presence=1", {
      authorization: `Bearer ${KEY.key}`,
    });
    expect(await next(reader)).toMatchObject({ event: "members", data: { members: [], total: 0 } });
    await using other = await memberAt(gateway, "8");
    expect(await next(reader)).toMatchObject({ event: "presence", data: { total: 1 } });
    expect(other.socket.readyState).toBe(other.socket.OPEN);
  });

  test("is told the number alone in a big room", async () => {
    await using gateway = await startPresence({ maxShownMembers: 1 });
    await using one = await memberAt(gateway, "6");
    await using two = await memberAt(gateway, "8");
    await using reader = await watch(gateway, "7");
    const { data } = await reader.events.find((each) => each.data.endsWith('"total":3}'));
    expect(JSON.parse(data)).toEqual({ type: "presence", channel: "room:1", total: 3 });
    expect([one, two].map(({ socket }) => socket.readyState)).toEqual([1, 1]);
  });

  test("and does not, gets none of it", async () => {
    await using gateway = await startPresence();
    const token = await mint({ sub: "7" });
    await using reader = await readEvents(gateway, `?channel=room:1&presence=0&token=${token}`);
    await using other = await memberAt(gateway, "8");
    await other.request("publish", { channel: "room:1", data: "hello" });
    expect(await reader.next()).toMatchObject({ event: "message", data: "hello" });
  });

  test.each([
    ["on a channel without presence", "channel=channel&presence=1", 501, "unsupported"],
    ["with another value", "channel=room:1&presence=yes", 400, "bad_request"],
    ["twice", "channel=room:1&presence=1&presence=1", 400, "bad_request"],
  ])("%s is refused", async (_name, query, status, code) => {
    await using gateway = await startPresence();
    const headers = { authorization: `Bearer ${KEY.key}` };
    const response = await fetch(`${gateway.url}api/v1/events?${query}`, { headers });
    expect([response.status, await response.json()]).toMatchObject([status, { error: { code } }]);
  });
});
