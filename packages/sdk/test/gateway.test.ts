import { setImmediate as turn } from "node:timers/promises";
import { freePort, Inbox, type RedisServer, startRedis, TcpProxy } from "@tidewire/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connect, type ConnectionState, type Message, type Tidewire } from "../src/index.ts";
import { mint, startGateway } from "./real-gateway.ts";

let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis[Symbol.asyncDispose]());

/** So that a test does not wait for long. */
const SOON = { minBackoffMs: 20, maxBackoffMs: 200 };

/** Two gateways, and an address that leads to the left one. */
async function startPair() {
  const [left, right] = await Promise.all([
    startGateway({ redisUrl: redis.url }),
    startGateway({ redisUrl: redis.url }),
  ]);
  const proxy = await TcpProxy.start(left.port);
  return {
    left,
    right,
    proxy,
    url: `ws://127.0.0.1:${proxy.port}/`,
    async [Symbol.asyncDispose]() {
      await proxy[Symbol.asyncDispose]();
      await left[Symbol.asyncDispose]();
      await right[Symbol.asyncDispose]();
    },
  };
}

function statesOf(client: Tidewire): Inbox<ConnectionState> {
  const states = new Inbox<ConnectionState>();
  client.onState((state) => states.push(state));
  return states;
}

/** What becomes of two clients whose token lasts that long, and of which one can get another. */
async function outlive(url: string, seconds: number) {
  const token = await mint(seconds);
  let asked = 0;
  const getToken = () => {
    asked += 1;
    return mint(3_600);
  };
  using refreshing = connect(url, { token, getToken });
  using ending = connect(url, { token });
  const first = await statesOf(refreshing).next();
  const stopped = await statesOf(ending).find(({ kind }) => kind === "stopped");
  await refreshing.channel("room:1").publish("still here");
  const last = refreshing.state;
  const isInTime = stopped.kind === "stopped" && stopped.reason.closeCode === 4004 && last === first;
  return { first, last, stopped, asked, isInTime };
}

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

describe("a client of a real gateway", () => {
  test("hears what others publish, and itself unless it does not want to", async () => {
    await using gateway = await startGateway({ redisUrl: redis.url });
    using one = connect(gateway.url);
    using other = connect(gateway.url.replace("http", "ws"));
    const [heardByOne, heardByOther] = [new Inbox<Message>(), new Inbox<Message>()];
    const subscriptions = [
      one.channel("room:1").subscribe((message) => heardByOne.push(message)),
      other.channel("room:1").subscribe((message) => heardByOther.push(message), { echo: false }),
    ];
    await Promise.all(subscriptions.map(({ ready }) => ready));
    await expect(other.channel("room:1").publish({ text: "hé\nllo" })).resolves.toEqual({ duplicate: false });
    await one.channel("room:1").publish("007");
    expect(await heardByOne.take(2)).toMatchObject([{ data: { text: "hé\nllo" } }, { data: "007" }]);
    expect(await heardByOther.next()).toMatchObject({ channel: "room:1", data: "007" });
  });

  test("may leave a channel and join it again in the same turn", async () => {
    await using gateway = await startGateway({ redisUrl: redis.url });
    using client = connect(gateway.url);
    const channel = client.channel("room:2");
    const heard = new Inbox<Message>();
    const first = channel.subscribe(() => {});
    await first.ready;
    first.end();
    channel.subscribe(() => {}).end();
    const again = channel.subscribe((message) => heard.push(message));
    await again.ready;
    await channel.publish("here");
    expect(await heard.next()).toMatchObject({ data: "here" });
  });

  test("reads what is kept, page by page", async () => {
    await using gateway = await startGateway({ redisUrl: redis.url });
    using client = connect(gateway.url);
    const channel = client.channel("kept:pages");
    for (const number of numbers(5)) await channel.publish(number);
    const newest = await channel.history({ limit: 2 });
    expect(newest).toMatchObject({ more: true, complete: true, messages: [{ data: 4 }, { data: 5 }] });
    const before = newest.messages[0]?.position ?? "";
    expect(await channel.history({ before })).toMatchObject({ more: false, messages: [{}, {}, { data: 3 }] });
  });

  test("publishes once what it was told while there was no gateway", async () => {
    const port = await freePort();
    using client = connect(`ws://127.0.0.1:${port}/`, SOON);
    const states = statesOf(client);
    const published = client.channel("kept:queued").publish("queued");
    await states.find(({ kind }) => kind === "waiting");
    await using gateway = await startGateway({ redisUrl: redis.url, port });
    await expect(published).resolves.toMatchObject({ duplicate: false });
    await client.channel("kept:queued").publish("sentinel");
    using reader = connect(gateway.url);
    const { messages } = await reader.channel("kept:queued").history();
    expect(messages.map(({ data }) => data)).toEqual(["queued", "sentinel"]);
  });
});

describe("a gateway that is killed", () => {
  test("costs a reader nothing: it goes on at another one, without loss and without repetition", async () => {
    await using pair = await startPair();
    using writer = connect(pair.right.url);
    using reader = connect(pair.url, SOON);
    const heard = new Inbox<Message>();
    const gaps: unknown[] = [];
    const onMessage = (message: Message) => heard.push(message);
    const channel = reader.channel("kept:reader");
    await channel.subscribe({ onMessage, onGap: (gap) => gaps.push(gap) }).ready;
    const count = 1_000;
    const publishing = (async () => {
      for (const number of numbers(count)) await writer.channel("kept:reader").publish(number);
    })();
    const read = await heard.take(count / 4);
    pair.proxy.moveTo(pair.right.port);
    pair.left.program.kill("SIGKILL");
    read.push(...(await heard.take(count - read.length)));
    await publishing;
    await writer.channel("kept:reader").publish("sentinel");
    expect(await heard.next()).toMatchObject({ data: "sentinel" });
    expect(read.map(({ data }) => data)).toEqual(numbers(count));
    expect(new Set(read.map(({ position }) => position)).size).toBe(count);
    expect(gaps).toEqual([]);
  });

  test("costs a writer nothing: each publication happens once, whether it was acknowledged or not", async () => {
    await using pair = await startPair();
    using writer = connect(pair.url, SOON);
    const channel = writer.channel("kept:writer");
    await channel.publish(0);
    const count = 400;
    const published = numbers(count).map((number) => channel.publish(number));
    await published[10];
    pair.proxy.moveTo(pair.right.port);
    pair.left.program.kill("SIGKILL");
    const results = await Promise.all(published);
    const { messages } = await channel.history({ limit: 1_000 });
    expect(messages.map(({ data }) => data)).toEqual([0, ...numbers(count)]);
    // Each was told where it is, also one that had gone out before its answer was lost.
    expect(results.map(({ position }) => position)).toEqual(
      messages.slice(1).map(({ position }) => position),
    );
  });
});

describe("a gateway that stops", () => {
  test("says when to come back, and the client does", async () => {
    await using pair = await startPair();
    using client = connect(pair.url, { maxBackoffMs: 50 });
    const states = statesOf(client);
    const first = await states.find(({ kind }) => kind === "connected");
    pair.proxy.moveTo(pair.right.port);
    pair.left.program.kill("SIGTERM");
    const waiting = await states.find(({ kind }) => kind === "waiting");
    expect(waiting).toMatchObject({ reason: { code: "connection_lost", closeCode: 4000, retry: true } });
    const second = await states.find(({ kind }) => kind === "connected");
    expect(second).not.toEqual(first);
    await expect(client.channel("room:1").publish("still here")).resolves.toEqual({ duplicate: false });
  });
});

describe("a client that signs in", () => {
  test("stays connected beyond the end of its first token, and another without a new one does not", async () => {
    await using gateway = await startGateway({ redisUrl: redis.url, isSecret: true });
    let seen = await outlive(gateway.url, 3);
    // On a slow machine it may end before the gateway has seen it, or the next one: then one that lasts longer is tried.
    for (let seconds = 6; seconds < 30 && !seen.isInTime; seconds *= 2) {
      seen = await outlive(gateway.url, seconds);
    }
    const { first, last, stopped, asked } = seen;
    expect(first).toMatchObject({ kind: "connected", connection: { user: "7" } });
    expect(stopped).toMatchObject({ reason: { code: "unauthorized", closeCode: 4004 } });
    expect(last).toBe(first);
    expect(asked).toBe(1);
  });

  test("asks for another token when its own is not accepted, and hears what is for its user", async () => {
    await using gateway = await startGateway({ redisUrl: redis.url, isSecret: true });
    using client = connect(gateway.url, { ...SOON, token: "no token", getToken: () => mint(3_600) });
    const heard = new Inbox<Message>();
    await client.channel("user:7").subscribe((message) => heard.push(message)).ready;
    const body = JSON.stringify({ userId: "7", message: "for you" });
    const headers = { "content-type": "application/json" };
    const { status } = await fetch(`${gateway.url}message`, { method: "POST", headers, body });
    expect(status).toBe(200);
    expect(await heard.next()).toMatchObject({ data: "for you" });
    using stranger = connect(gateway.url, { token: "no token" });
    const stopped = await statesOf(stranger).find(({ kind }) => kind === "stopped");
    expect(stopped).toMatchObject({ reason: { code: "unauthorized", closeCode: 4504 } });
  });
});

describe("a thousand clients, one after the other", () => {
  test("leave no timer, no socket and no memory behind", async () => {
    await using gateway = await startGateway({ redisUrl: redis.url });
    const before = resources();
    const clients: WeakRef<Tidewire>[] = [];
    for (const _ of numbers(1_000)) clients.push(new WeakRef(await cycle(gateway.url)));
    // What is left is the connection over which the test asked the gateway whether it is ready, if that.
    while (resources().sockets > before.sockets) await turn();
    expect(resources().timers).toBe(before.timers);
    const collect = await garbageCollector();
    const alive = () => clients.filter((client) => client.deref()).length;
    // A reference that was looked at keeps its client until the turn ends. The last one is the platform's.
    do {
      await turn();
      collect();
    } while (alive() > 1);
  });
});

/** Connects, subscribes, publishes, and closes. */
async function cycle(url: string): Promise<Tidewire> {
  const client = connect(url);
  const channel = client.channel("room:1");
  await channel.subscribe(() => {}).ready;
  channel.publish("hello").catch(() => {});
  client.close();
  return client;
}

function resources() {
  const all = process.getActiveResourcesInfo();
  return {
    timers: all.filter((kind) => kind === "Timeout").length,
    sockets: all.filter((kind) => kind === "TCPSocketWrap").length,
  };
}

async function garbageCollector(): Promise<() => void> {
  const [{ setFlagsFromString }, { runInNewContext }] = await Promise.all([
    import("node:v8"),
    import("node:vm"),
  ]);
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc") as () => void;
}
