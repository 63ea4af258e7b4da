import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { follow, type FollowRequest, type News } from "../src/follow.ts";
import { FakeStreamGateway } from "./fake-stream-gateway.ts";

// The gateway is in this process, which a busy machine may have stand still for longer than a real one.
vi.mock("../src/gateway.ts", async (original) => ({
  ...(await original<object>()),
  GATEWAY_TIMEOUT_MS: 60_000,
}));

let gateway: FakeStreamGateway;
beforeEach(async () => {
  gateway = await FakeStreamGateway.start();
});
afterEach(async () => {
  vi.useRealTimers();
  await gateway[Symbol.asyncDispose]();
});

interface Options extends Partial<FollowRequest> {
  readonly silenceMs?: number;
  readonly stop?: AbortSignal;
}

/** Follows the channel, without delay where the gateway asks for none. */
function start({ silenceMs = 60_000, stop = new AbortController().signal, ...request }: Options = {}) {
  const place = { url: new URL(gateway.url), apiKey: undefined };
  return follow({ gateway: place, channel: "kept", ...request }, { stop, silenceMs, random: () => 0 });
}

async function next(news: AsyncGenerator<News, void>): Promise<News | undefined> {
  const { value } = await news.next();
  return value ?? undefined;
}

function message(data: string, position: string): News {
  return { kind: "message", message: { position, data } };
}

/** The requests for events alone. */
function eventsAsked() {
  return gateway.asked.filter(({ path }) => path === "/api/v1/events");
}

test("after a lost connection reading goes on behind the last message: none is missed, none comes twice", async () => {
  const news = start({ since: "p0" });
  gateway.publish("1", "2");
  expect([await next(news), await next(news)]).toEqual([message("1", "p1"), message("2", "p2")]);
  gateway.cut();
  gateway.publish("3");
  const rest = [await next(news), await next(news), await next(news)];
  expect(rest).toMatchObject([{ kind: "lost" }, { kind: "back", isKept: true }, message("3", "p3")]);
  expect(eventsAsked()).toMatchObject([
    { query: { since: "p0" }, lastEventId: undefined },
    { query: { channel: "kept" }, lastEventId: "p2" },
  ]);
  expect(eventsAsked()[1]?.query).toEqual({ channel: "kept" });
  await news.return();
});

test("a connection that is lost before its first message misses none, either", async () => {
  gateway.publish("before");
  const news = start();
  const first = next(news);
  await gateway.reader();
  gateway.cut();
  gateway.publish("after");
  expect([await first, await next(news), await next(news)]).toMatchObject([
    { kind: "lost" },
    { kind: "back" },
    message("after", "p2"),
  ]);
  await news.return();
});

test("an event that ends in the middle does not count", async () => {
  const news = start({ since: "p0" });
  const first = next(news);
  await gateway.reader();
  gateway.send("id: p1\ndata: ha");
  gateway.cut();
  gateway.publish("half");
  expect([await first, await next(news), await next(news)]).toMatchObject([
    { kind: "lost" },
    { kind: "back" },
    message("half", "p1"),
  ]);
  await news.return();
});

test("an id without a message moves the position, and so does the id of a gap", async () => {
  const news = start({ since: "p0" });
  const first = next(news);
  await gateway.reader();
  gateway.send("id: p7\n\nid: p8\nevent: gap\ndata: {}\n\nevent: unheard-of\nid: p9\ndata: x\n\n");
  expect(await first).toEqual({ kind: "gap" });
  const second = next(news);
  // Later than all of it, on the same connection.
  gateway.send("data: sentinel\n\n");
  expect(await second).toMatchObject({ kind: "message" });
  gateway.cut();
  expect([await next(news), await next(news)]).toMatchObject([{ kind: "lost" }, { kind: "back" }]);
  expect(eventsAsked()[1]?.lastEventId).toBe("p9");
  await news.return();
});

test("the newest come first with `last`, and again as long as none of them came", async () => {
  gateway.publish("1", "2", "3");
  const news = start({ last: 2 });
  expect([await next(news), await next(news)]).toEqual([message("2", "p2"), message("3", "p3")]);
  gateway.cut();
  expect([await next(news), await next(news)]).toMatchObject([{ kind: "lost" }, { kind: "back" }]);
  expect(eventsAsked()).toMatchObject([{ query: { last: "2" } }, { lastEventId: "p3" }]);
  await news.return();
});

test("on an empty channel `last` is followed from its start, so that many may come while the gateway is away", async () => {
  const news = start({ last: 1 });
  const first = next(news);
  await gateway.reader();
  gateway.cut();
  gateway.publish("1", "2");
  expect([await first, await next(news), await next(news)]).toMatchObject([
    { kind: "lost" },
    { kind: "back" },
    message("1", "p1"),
  ]);
  await news.return();
});

test("a connection on which nothing comes is dead", async () => {
  const news = start({ since: "p0", silenceMs: 50 });
  expect(await next(news)).toEqual({ kind: "lost", reason: `${gateway.url}: nothing came for 0.05 s` });
  await news.return();
});

test("time that its reader takes is no silence of the connection", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const silenceMs = 60_000;
  const news = start({ since: "p0", silenceMs });
  gateway.publish("1");
  expect(await next(news)).toMatchObject({ kind: "message" });
  vi.advanceTimersByTime(silenceMs + 1);
  gateway.publish("2");
  expect(await next(news)).toMatchObject({ kind: "message" });
  await news.return();
});

test("the gateway says when to come back", async () => {
  const news = start({ since: "p0" });
  const first = next(news);
  await gateway.reader();
  const before = performance.now();
  gateway.send("retry: 300\n\n");
  gateway.publish("1");
  expect(await first).toMatchObject({ kind: "message" });
  gateway.cut();
  expect([await next(news), await next(news)]).toMatchObject([{ kind: "lost" }, { kind: "back" }]);
  expect(performance.now() - before).toBeGreaterThanOrEqual(299);
  await news.return();
});

test.each([408, 429, 500, 503])("the answer %i is waited out, at the start and later", async (status) => {
  const news = start();
  gateway.refusal = { status, code: "busy", message: "Later." };
  expect(await next(news)).toEqual({ kind: "lost", reason: `${gateway.url}: Later.` });
  gateway.refusal = undefined;
  gateway.publish("1");
  expect(await next(news)).toMatchObject({ kind: "back" });
  gateway.refusal = { status, code: "busy", message: "Later." };
  gateway.cut();
  expect(await next(news)).toMatchObject({ kind: "lost" });
  gateway.refusal = undefined;
  expect(await next(news)).toMatchObject({ kind: "back" });
  await news.return();
});

test.each([400, 401, 403, 404, 501])("the answer %i at a return is the end", async (status) => {
  const news = start({ since: "p0" });
  gateway.publish("1");
  expect(await next(news)).toMatchObject({ kind: "message" });
  gateway.refusal = { status, code: "no", message: "No." };
  gateway.cut();
  expect(await next(news)).toMatchObject({ kind: "lost" });
  expect(await next(news)).toEqual({ kind: "failed", reason: `${gateway.url}: No.` });
  expect(await next(news)).toBeUndefined();
});

test("what answers like no gateway is the end", async () => {
  gateway.eventsType = "text/html";
  const reason = `${gateway.url}: what it answered is no stream of events`;
  expect(await next(start())).toEqual({ kind: "failed", reason });
});

test("it ends when it is stopped, also while it waits to come back", async () => {
  const controller = new AbortController();
  gateway.greeting = "retry: 60000\n\n";
  const news = start({ since: "p0", stop: controller.signal });
  const first = next(news);
  await gateway.reader();
  gateway.cut();
  expect(await first).toMatchObject({ kind: "lost" });
  const second = next(news);
  controller.abort();
  expect(await second).toBeUndefined();
});
