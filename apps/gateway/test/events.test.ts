/** Server-sent events: what readers get, and how they come back. */
import { createMemoryBroker, type BrokerHandlers } from "@tidewire/broker";
import { describe, expect, test } from "vitest";
import { EventReader, KEPT, readEvents } from "./event-reader.ts";
import { postJson, startTestGateway, type TestGateway, testConfig } from "./test-gateway.ts";

const CONFIG = { channels: KEPT };

async function publish(gateway: TestGateway, channel: string, data: readonly string[]): Promise<void> {
  const messages = data.map((text) => ({ channel, data: text }));
  expect(await postJson(`${gateway.url}api/v1/publish`, { messages })).toMatchObject({ status: 200 });
}

function numbers(from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, index) => String(from + index));
}

/** A gateway, and what its broker calls. */
async function startWithHandlers() {
  const { promise, resolve } = Promise.withResolvers<BrokerHandlers>();
  const gateway = await startTestGateway({
    config: CONFIG,
    createBroker: (handlers) => {
      resolve(handlers);
      return createMemoryBroker(handlers);
    },
  });
  return { gateway, handlers: await promise };
}

describe("a reader of events", () => {
  test("is told at once how long to wait before it comes back, and gets what is published from then on", async () => {
    await using gateway = await startTestGateway();
    await using reader = await readEvents(gateway, "?channel=room:1");
    expect(reader.response.status).toBe(200);
    expect(Object.fromEntries(reader.response.headers)).toMatchObject({
      "content-type": "text/event-stream",
      "cache-control": "no-store",
      "x-accel-buffering": "no",
      "x-content-type-options": "nosniff",
    });
    const retry = await reader.retries.next();
    expect(retry).toBeGreaterThanOrEqual(500);
    expect(retry).toBeLessThanOrEqual(2_000);
    await reader.comments.next();
    await gateway.post({ channel: "room:1", message: "hello" });
    expect(await reader.next()).toEqual({ event: "message", data: "hello", id: "" });
  });

  test("gets payloads of several lines, and bytes as Base64", async () => {
    const { gateway, handlers } = await startWithHandlers();
    await using closing = gateway;
    await using reader = await readEvents(closing, "?channel=room:1");
    await closing.post({ channel: "room:1", message: "one\r\ntwo\n\nevent: removed\rthree" });
    handlers.onPublication("room:1", { payload: Buffer.from([0xff, 0x00]) });
    await closing.post({ channel: "room:1", message: "" });
    expect(await reader.events.take(3)).toEqual([
      { event: "message", data: "one\ntwo\n\nevent: removed\nthree", id: "" },
      { event: "base64", data: "/wA=", id: "" },
      { event: "message", data: "", id: "" },
    ]);
  });

  test("gets what plain and v1 clients say, and they go on as before", async () => {
    await using gateway = await startTestGateway();
    await using plain = await gateway.connect("?channel=room:1");
    await using v1 = await gateway.connectV1();
    await using reader = await readEvents(gateway, "?channel=room:1");
    plain.send("from a plain one");
    expect(await plain.next()).toBe("from a plain one");
    await v1.request("publish", { channel: "room:1", data: { from: "v1" } });
    expect(await reader.data(2)).toEqual(["from a plain one", '{"from":"v1"}']);
  });

  test("of a live channel is told of a gap when the broker was away, before anything else", async () => {
    const { gateway, handlers } = await startWithHandlers();
    await using closing = gateway;
    await using reader = await readEvents(closing, "?channel=room:1");
    handlers.onLink({ state: "down", reason: "the test says so" });
    handlers.onLink({ state: "up" });
    await closing.post({ channel: "room:1", message: "after" });
    expect(await reader.events.take(2)).toEqual([
      { event: "gap", data: "{}", id: "" },
      { event: "message", data: "after", id: "" },
    ]);
  });

  test("of a stream channel is told of a gap, and from where it goes on", async () => {
    const { gateway, handlers } = await startWithHandlers();
    await using closing = gateway;
    await using reader = await readEvents(closing, "?channel=kept:1");
    await reader.comments.next();
    const head = { epoch: "another-life", id: "1-0", digest: "-" };
    handlers.onStreamGap("kept:1", head);
    const position = "another-life.1-0.-";
    expect(await reader.next()).toEqual({ event: "gap", data: JSON.stringify({ position }), id: position });
  });

  test("is told when the broker refuses the channel, and that is the end", async () => {
    const { gateway, handlers } = await startWithHandlers();
    await using closing = gateway;
    for (const channel of ["room:1", "kept:1"]) {
      await using reader = await readEvents(closing, `?channel=${channel}`);
      handlers.onChannelRefused(channel, { code: "refused", message: "NOPERM at redis://inside" });
      const { event, data } = await reader.next();
      expect(event).toBe("removed");
      expect(JSON.parse(data)).toEqual({ code: "forbidden", message: expect.any(String) });
      expect(data).not.toContain("inside");
      await reader.ended;
    }
  });
});

describe("a reader of events that comes back", () => {
  test("goes on behind the last one that it had, without a seam", async () => {
    await using gateway = await startTestGateway({ config: CONFIG });
    const seen: string[] = [];
    let lastId: string | undefined;
    const publishing = (async () => {
      for (const each of numbers(0, 2_000)) await publish(gateway, "kept:1", [each]);
    })();
    while (seen.length < 2_000) {
      const headers = lastId === undefined ? undefined : { "last-event-id": lastId };
      await using reader: EventReader = await readEvents(gateway, "?channel=kept:1&last=1000", headers);
      const count = Math.min(97, 2_000 - seen.length);
      const events = await reader.events.take(count);
      expect(events.every(({ event }) => event === "message")).toBe(true);
      seen.push(...events.map(({ data }) => data));
      lastId = events.at(-1)?.id;
    }
    await publishing;
    expect(seen).toEqual(numbers(0, 2_000));
  });

  test("goes on from where it was also when it had got nothing yet", async () => {
    await using gateway = await startTestGateway({ config: CONFIG });
    await publish(gateway, "kept:1", ["before"]);
    let lastId = "";
    {
      await using reader = await readEvents(gateway, "?channel=kept:1");
      // Without an event: where it is comes before the comment of the first beat, or with the headers.
      await expect.poll(() => reader.lastId).not.toBe("");
      ({ lastId } = reader);
    }
    await publish(gateway, "kept:1", ["meanwhile"]);
    await using back = await readEvents(gateway, "?channel=kept:1", { "last-event-id": lastId });
    expect(await back.next()).toMatchObject({ event: "message", data: "meanwhile" });
  });

  test("says so by its header, which goes before the query that it repeats", async () => {
    await using gateway = await startTestGateway({ config: CONFIG });
    await publish(gateway, "kept:1", ["1", "2", "3"]);
    await using first = await readEvents(gateway, "?channel=kept:1&last=3");
    const [one, two] = await first.events.take(3);
    await using since = await readEvents(gateway, `?channel=kept:1&since=${one?.id}`);
    expect(await since.data(2)).toEqual(["2", "3"]);
    for (const query of [`since=${one?.id}`, "last=3"]) {
      const headers = { "last-event-id": two?.id ?? "" };
      await using back = await readEvents(gateway, `?channel=kept:1&${query}`, headers);
      expect(await back.data(1)).toEqual(["3"]);
    }
  });

  test("is told first when what it missed is not there any more, and goes on with what is new", async () => {
    await using gateway = await startTestGateway({
      config: { ...CONFIG, limits: { ...testConfig().limits, lingerMs: 0 } },
    });
    await publish(gateway, "short:1", ["1"]);
    await using first = await readEvents(gateway, "?channel=short:1&last=1");
    const { id } = await first.next();
    await first[Symbol.asyncDispose]();
    await expect
      .poll(async () => (await fetch(`${gateway.url}metrics`)).text())
      .toContain("tidewire_streams 0");
    await publish(gateway, "short:1", ["2", "3"]);
    await using back = await readEvents(gateway, "?channel=short:1", { "last-event-id": id });
    const gap = await back.next();
    expect(gap.event).toBe("gap");
    expect(gap.id).not.toBe(id);
    expect(JSON.parse(gap.data)).toEqual({ position: gap.id });
    await publish(gateway, "short:1", ["4"]);
    expect(await back.next()).toMatchObject({ event: "message", data: "4" });
  });

  test("to a live channel is told of a gap, since nothing is kept of it", async () => {
    await using gateway = await startTestGateway({ config: CONFIG });
    await using kept = await readEvents(gateway, "?channel=kept:1");
    await publish(gateway, "kept:1", ["1"]);
    const { id } = await kept.next();
    await using live = await readEvents(gateway, "?channel=room:1", { "last-event-id": id });
    await publish(gateway, "room:1", ["new"]);
    expect(await live.events.take(2)).toMatchObject([
      { event: "gap", data: "{}" },
      { event: "message", data: "new" },
    ]);
  });
});

describe("a question for events", () => {
  const POSITION = "e.1-0.-";
  test.each([
    ["GET", "", 400, "bad_request"],
    ["GET", "?channel=a&channel=b", 400, "bad_request"],
    ["GET", "?channel=a&chanel=b", 400, "bad_request"],
    ["GET", "?channel=", 400, "invalid_channel"],
    ["GET", "?channel=tidewire:x", 400, "invalid_channel"],
    ["GET", "?channel=kept:1&since=nonsense", 400, "bad_request"],
    ["GET", "?channel=kept:1&last=1001", 400, "bad_request"],
    ["GET", `?channel=kept:1&last=1&since=${POSITION}`, 400, "bad_request"],
    ["GET", `?channel=room:1&since=${POSITION}`, 400, "bad_request"],
    ["GET", "?channel=room:1&last=1", 400, "bad_request"],
    ["POST", "?channel=room:1", 404, "not_found"],
    ["DELETE", "?channel=room:1", 404, "not_found"],
  ])("%s %s is refused with %i", async (method, query, status, code) => {
    await using gateway = await startTestGateway({ config: CONFIG });
    const response = await fetch(`${gateway.url}api/v1/events${query}`, { method });
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ error: { code } });
  });

  test("by HEAD has no answer, and one with an id that is no position is refused", async () => {
    await using gateway = await startTestGateway({ config: CONFIG });
    const url = `${gateway.url}api/v1/events?channel=kept:1`;
    expect(await fetch(url, { method: "HEAD" })).toMatchObject({ status: 404 });
    expect(await fetch(url, { headers: { "last-event-id": "nonsense" } })).toMatchObject({ status: 400 });
  });
});
