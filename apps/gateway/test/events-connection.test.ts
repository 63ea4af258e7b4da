/** A stream of events as a connection among others: counted, bounded, kept alive, brought to leave. */
import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { connect, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { describe, expect, test } from "vitest";
import { stopIntervals } from "./clock.ts";
import { KEPT, readEvents } from "./event-reader.ts";
import { startTestGateway, type TestGateway, testConfig } from "./test-gateway.ts";
import { HANDSHAKE } from "./handshake.ts";

const { limits: LIMITS } = testConfig();

async function metricsOf({ url }: TestGateway): Promise<string> {
  return (await fetch(`${url}metrics`)).text();
}

/** A reader that takes nothing until it is told to. */
async function openPaused(gateway: TestGateway, query: string): Promise<IncomingMessage> {
  const asking = request(`${gateway.url}api/v1/events${query}`).end();
  const [response] = (await once(asking, "response")) as [IncomingMessage];
  response.pause();
  return response;
}

/** A raw socket that has sent this. */
async function say(gateway: TestGateway, lines: readonly string[]): Promise<Socket> {
  const { hostname, port } = new URL(gateway.url);
  const socket = connect(Number(port), hostname);
  socket.on("error", () => {});
  await once(socket, "connect");
  socket.write(`${lines.join("\r\n")}\r\n\r\n`);
  return socket;
}

const EVENTS = ["GET /api/v1/events?channel=room:1 HTTP/1.1", "host: localhost"];

describe("a stream of events", () => {
  test("is a connection in the census, in channels and in metrics, until its reader leaves", async () => {
    await using gateway = await startTestGateway({ config: { channels: KEPT } });
    const get = async (path: string) => (await fetch(`${gateway.url}api/v1/${path}`)).json();
    for (const channel of ["room:1", "kept:1"]) {
      await using reader = await readEvents(gateway, `?channel=${channel}`);
      expect(await get("connections")).toMatchObject({ connections: [{ protocol: "events", channels: 1 }] });
      expect(await get("channels")).toMatchObject({ channels: [{ channel, subscribers: 1 }] });
      expect(await metricsOf(gateway)).toContain("tidewire_connections 1\n");
      await reader[Symbol.asyncDispose]();
      await expect.poll(() => get("connections")).toMatchObject({ connections: [] });
      expect(await get("channels")).toMatchObject({ channels: [] });
    }
    expect(await metricsOf(gateway)).toContain('tidewire_closes_total{code="client"} 2\n');
  });

  test("is told when to come back when the gateway stops, and then ends; nobody new gets in", async () => {
    const gateway = await startTestGateway({ config: { limits: { ...LIMITS, drainTimeoutMs: 60_000 } } });
    await using reader = await readEvents(gateway, "?channel=room:1");
    await reader.retries.next();
    const drained = gateway.drain();
    expect(await reader.retries.next()).toBeLessThanOrEqual(2_000);
    await reader.ended;
    await drained;
    await expect(readEvents(gateway, "?channel=room:1")).rejects.toThrow("fetch failed");
  });

  test("is refused while the gateway waits for others to leave", async () => {
    const gateway = await startTestGateway({ config: { limits: { ...LIMITS, drainTimeoutMs: 600_000 } } });
    await using first = await readEvents(gateway, "?channel=room:1");
    await using holding = await gateway.connect();
    holding.socket.pause();
    // A connection from before: a new one is not accepted any more.
    const { hostname, port } = new URL(gateway.url);
    const socket = connect(Number(port), hostname);
    await once(socket, "connect");
    const drained = gateway.drain();
    await first.retries.take(2);
    socket.write(`${[...EVENTS, "connection: close"].join("\r\n")}\r\n\r\n`);
    expect(await text(socket)).toMatch(/^HTTP\/1.1 503 .*"unavailable"/s);
    holding.socket.terminate();
    await drained;
  });

  test("of a silent channel gets a comment now and then", async () => {
    await using gateway = await startTestGateway({
      config: { limits: { ...LIMITS, heartbeatIntervalMs: 50 } },
    });
    await using reader = await readEvents(gateway, "?channel=room:1");
    // One with the headers, the others by the heartbeat.
    await reader.comments.take(4);
    await gateway.post({ channel: "room:1", message: "still here" });
    expect(await reader.next()).toMatchObject({ data: "still here" });
  });

  test("is not cut by the time that a request may take to arrive", async () => {
    await using gateway = await startTestGateway({ config: { limits: { ...LIMITS, requestTimeoutMs: 1 } } });
    await using reader = await readEvents(gateway, "?channel=room:1");
    // When another one's time is over, so was this one's, if it counted.
    const late = await say(gateway, ["POST /message HTTP/1.1", "host: localhost", "content-length: 9"]);
    await text(late);
    await gateway.post({ channel: "room:1", message: "still here" });
    expect(await reader.next()).toMatchObject({ data: "still here" });
  });

  test("reaches readers of HTTP/1.0, and has no chunks", async () => {
    await using gateway = await startTestGateway();
    const socket = await say(gateway, ["GET /api/v1/events?channel=room:1 HTTP/1.0", "host: localhost"]);
    let received = "";
    socket.setEncoding("utf8").on("data", (piece: string) => (received += piece));
    await expect.poll(() => received).toMatch(/\r\n\r\nretry: \d+\n:\n\n$/);
    await gateway.post({ channel: "room:1", message: "hello" });
    await expect.poll(() => received).toMatch(/:\n\ndata: hello\n\n$/);
    expect(received.toLowerCase()).not.toContain("transfer-encoding");
    socket.destroy();
  });
});

describe("a reader of events that is slow", () => {
  const MESSAGE = "x".repeat(60_000);
  const COUNT = 500;

  test("on a stream channel is fed at its own pace, and misses nothing", async () => {
    await using gateway = await startTestGateway({ config: { channels: KEPT } });
    await using quick = await readEvents(gateway, "?channel=kept:1");
    const slow = await openPaused(gateway, "?channel=kept:1");
    const expected: string[] = [];
    for (let index = 0; index < COUNT; index += 1) {
      expected.push(`${index}${MESSAGE}`);
      await gateway.post({ channel: "kept:1", message: expected.at(-1) });
    }
    expect(await quick.data(COUNT)).toEqual(expected);
    expect(await metricsOf(gateway)).toContain("tidewire_readers_behind 1\n");
    const seen: string[] = [];
    let rest = "";
    for await (const piece of slow.setEncoding("utf8")) {
      const lines = (rest + String(piece)).split("\n");
      rest = lines.pop() ?? "";
      seen.push(...lines.filter((line) => line.startsWith("data: ")).map((line) => line.slice(6)));
      expect(lines.some((line) => line.startsWith("event:"))).toBe(false);
      if (seen.length === COUNT) break;
    }
    expect(seen).toEqual(expected);
  });

  test("on a live channel is cut off, and nobody else waits", async () => {
    await using gateway = await startTestGateway({
      config: { limits: { ...LIMITS, maxBufferedBytesPerConnection: 200_000, closeTimeoutMs: 1 } },
    });
    await using quick = await readEvents(gateway, "?channel=room:1");
    const slow = await openPaused(gateway, "?channel=room:1");
    let metrics = "";
    while (!metrics.includes('tidewire_closes_total{code="4001"} 1')) {
      await gateway.post({ channel: "room:1", message: MESSAGE });
      expect(await quick.next()).toMatchObject({ data: MESSAGE });
      metrics = await metricsOf(gateway);
    }
    slow.destroy();
  });

  test("and takes nothing at all for an interval is taken for gone", async () => {
    const passIntervals = stopIntervals();
    await using gateway = await startTestGateway();
    const slow = await openPaused(gateway, "?channel=room:1");
    let metrics = "";
    while (!/^tidewire_buffered_bytes [1-9]/m.test(metrics)) {
      await gateway.post({ channel: "room:1", message: MESSAGE });
      metrics = await metricsOf(gateway);
    }
    for (let beats = 0; beats < 2; beats += 1) passIntervals(LIMITS.heartbeatIntervalMs);
    await expect.poll(() => metricsOf(gateway)).toContain('tidewire_closes_total{code="silent"} 1');
    slow.destroy();
  });
});

describe("a reader of events that says more on its connection", () => {
  test.each([
    ["another request", ["GET /healthz HTTP/1.1", "host: localhost"]],
    ["an upgrade", HANDSHAKE],
    ["nonsense", ["\u0000"]],
  ])("as %s, later, is cut off and not answered", async (_name, more) => {
    await using gateway = await startTestGateway();
    const socket = await say(gateway, EVENTS);
    let received = "";
    socket.setEncoding("utf8").on("data", (piece: string) => (received += piece));
    await expect.poll(() => received).toMatch(/:\n\n$/);
    socket.write(`${more.join("\r\n")}\r\n\r\n`);
    await once(socket, "close");
    expect(received.match(/HTTP\/1\.1/g)).toHaveLength(1);
  });

  test("as an upgrade, at once, gets neither", async () => {
    await using gateway = await startTestGateway();
    const socket = await say(gateway, [...EVENTS, "", ...HANDSHAKE]);
    expect(await text(socket).catch(() => "")).toBe("");
    expect(await metricsOf(gateway)).toContain("tidewire_connections 0\n");
  });

  test("as a question for events behind one that is not answered, is refused that one", async () => {
    await using gateway = await startTestGateway();
    const socket = await say(gateway, [...EVENTS, "", ...EVENTS]);
    let received = "";
    socket.setEncoding("utf8").on("data", (piece: string) => (received += piece));
    await expect.poll(() => received).toMatch(/:\n\n$/);
    await gateway.post({ channel: "room:1", message: "hello" });
    await expect.poll(() => received).toMatch(/data: hello\n\n$/);
    expect(received.match(/data: hello/g)).toHaveLength(1);
    expect(await metricsOf(gateway)).toContain("tidewire_connections 1\n");
    socket.destroy();
  });
});

test("readers of events that come and go at any moment leave nothing behind", async () => {
  await using gateway = await startTestGateway({ config: { channels: KEPT } });
  for (let times = 0; times < 50; times += 1) {
    const socket = await say(gateway, EVENTS);
    if (times % 2 === 0) socket.resetAndDestroy();
    else socket.end();
  }
  await expect.poll(() => metricsOf(gateway)).toContain("tidewire_connections 0\n");
  await expect.poll(() => metricsOf(gateway)).toContain("tidewire_channels 0\n");
});
