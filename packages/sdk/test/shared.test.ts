import { Inbox } from "@tidewire/testkit";
import { describe, expect, test } from "vitest";
import type { Message, Tidewire } from "../src/index.ts";
import { PORT_VERSION } from "../src/shared/port-messages.ts";
import { presenceOf } from "../src/presence/index.ts";
import type { FakeSocket } from "./fake-world.ts";
import { confirm, lineOf, openTab, startWorker, until, welcome, type Worker } from "./shared-world.ts";

const isConnected = (client: Tidewire) => () => client.state.kind === "connected";

/** Two tabs on one connection. */
async function beginTwo() {
  const worker = startWorker();
  const [one, other] = [openTab(() => worker), openTab(() => worker)];
  const socket = await welcome(worker);
  await until(isConnected(one.client));
  await until(isConnected(other.client));
  return { worker, one, other, socket };
}

/** What comes to it on `kept:1`, gaps too. */
function listen(client: Tidewire) {
  const heard = new Inbox<unknown>();
  const subscription = client.channel("kept:1").subscribe({
    onMessage: ({ data }: Message) => heard.push(data),
    onGap: ({ reason }) => heard.push(`gap: ${reason}`),
    onRemoved: ({ code }) => heard.push(`removed: ${code}`),
  });
  return { heard, subscription };
}

const message = (data: unknown, position: string) => ({
  type: "message",
  channel: "kept:1",
  time: 1,
  data,
  position,
});

/** Both have subscribed `kept:1`. */
async function beginSubscribed() {
  const begun = await beginTwo();
  const [first, second] = [listen(begun.one.client), listen(begun.other.client)];
  await confirm(begun.socket);
  await first.subscription.ready;
  await second.subscription.ready;
  return { ...begun, first, second };
}

describe("tabs", () => {
  test("share a connection and a subscription, and each hears everything once", async () => {
    const { worker, one, other, socket, first, second } = await beginSubscribed();
    socket.say(message("one", "p1"), message("two", "p2"));
    expect(await first.heard.take(2)).toEqual(["one", "two"]);
    expect(await second.heard.take(2)).toEqual(["one", "two"]);
    expect(worker.world.sockets).toHaveLength(1);
    expect(await socket.lines()).toEqual([]);
    expect(other.client.connection).toEqual(one.client.connection);
    one.client.close();
    socket.say(message("three", "p3"));
    expect(await second.heard.next()).toBe("three");
    expect(socket.isClosed).toBe(false);
    other.client.close();
    await until(() => socket.isClosed);
    expect(worker.world.timers.size + one.world.timers.size + other.world.timers.size).toBe(0);
  });

  test("keep the order of what each publishes, and get their own answers", async () => {
    const { one, other, socket } = await beginTwo();
    const published = ["a", "b"].map((data) => one.client.channel("room:1").publish(data));
    published.push(other.client.channel("room:1").publish("c", { ifOffline: "fail" }));
    const lines = [];
    while (lines.length < 3) lines.push(...(await socket.lines()));
    const ofOne = lines.filter(({ data }) => data !== "c");
    expect(ofOne.map(({ data }) => data)).toEqual(["a", "b"]);
    for (const { id, data } of lines)
      socket.say({ type: "published", id, duplicate: false, position: `p-${String(data)}` });
    expect((await Promise.all(published)).map(({ position }) => position)).toEqual(["p-a", "p-b", "p-c"]);
    one.client.close();
    other.client.close();
  });

  test("come back over one connection when theirs ends, each behind what it had", async () => {
    const { worker, one, other, socket, first, second } = await beginSubscribed();
    socket.say(message("one", "p1"));
    expect(await first.heard.next()).toBe("one");
    expect(await second.heard.next()).toBe("one");
    const waiting = one.client.channel("kept:1").publish("unanswered");
    const { key } = await lineOf(socket, "publish");
    socket.end(1006);
    for (const { client, world } of [one, other]) {
      await until(() => client.state.kind === "waiting");
      world.advance(1_000);
    }
    await until(() => worker.world.sockets.length === 2);
    const again = await welcome(worker);
    const { since } = await confirm(again, { position: "p1", complete: true });
    expect(since).toBe("p1");
    const repeated = await lineOf(again, "publish");
    expect(repeated).toMatchObject({ data: "unanswered", key });
    again.say({ type: "published", id: repeated.id, duplicate: true }, message("two", "p2"));
    await expect(waiting).resolves.toEqual({ duplicate: true });
    expect(await first.heard.next()).toBe("two");
    expect(await second.heard.next()).toBe("two");
    expect(await again.lines()).toEqual([]);
    one.client.close();
    other.client.close();
  });

  test("are on a connection each where they sign in under different names", async () => {
    const worker = startWorker();
    const seven = openTab(() => worker, { as: "7" }, { token: "of 7" });
    await welcome(worker, { user: "7" });
    await until(isConnected(seven.client));
    const eight = openTab(() => worker, { as: "8" }, { token: "of 8" });
    await until(() => worker.world.sockets.length === 2);
    await welcome(worker, { user: "8" });
    await until(isConnected(eight.client));
    expect([seven.client.connection?.user, eight.client.connection?.user]).toEqual(["7", "8"]);
    seven.client.close();
    eight.client.close();
  });

  test("whose token is not accepted do not keep out others", async () => {
    const worker = startWorker();
    const bad = openTab(() => worker, {}, { token: "bad" });
    await until(() => worker.world.sockets.length === 1);
    const { socket } = worker.world;
    socket.open();
    expect(await lineOf(socket, "connect")).toMatchObject({ token: "bad" });
    const good = openTab(() => worker, {}, { token: "good" });
    await until(() => good.world.timers.size === 1);
    socket.end(4504, "the token is missing or not accepted");
    await until(() => bad.client.state.kind === "stopped");
    await until(() => good.client.state.kind === "waiting");
    good.world.advance(1_000);
    await until(() => worker.world.sockets.length === 2);
    const again = worker.world.socket;
    again.open();
    expect(await lineOf(again, "connect")).toMatchObject({ token: "good" });
    good.client.close();
  });

  test("are asked for a new token, and any of them will do", async () => {
    const worker = startWorker();
    const silent = openTab(() => worker, {}, { token: "old", getToken: () => new Promise<string>(() => {}) });
    const other = openTab(() => worker, {}, { token: "old", getToken: async () => "new" });
    const socket = await welcome(worker, { expiresInMs: 60_000 });
    await until(isConnected(silent.client));
    await until(isConnected(other.client));
    socket.say({ type: "expiring", expiresInMs: 30_000 });
    const refresh = await lineOf(socket, "refresh");
    expect(refresh).toMatchObject({ token: "new" });
    silent.client.close();
    other.client.close();
  });
});

/** A tab played by the test: it says and hears what it likes. */
function openPort(worker: Worker, lock: string) {
  const port = worker.connect();
  const said = new Inbox<{ readonly kind: string; readonly text?: string; readonly code?: number }>();
  port.addEventListener("message", ({ data }) => said.push(data));
  port.start();
  port.postMessage({ kind: "open", version: PORT_VERSION, url: "ws://gateway.test/", as: "", lock });
  return {
    port,
    said,
    say: (line: object) => port.postMessage({ kind: "frame", text: JSON.stringify(line) }),
  };
}

/** It has subscribed `kept:1`, beside a client that goes on. */
async function beginBesides(socket: FakeSocket, worker: Worker, lock: string) {
  const tab = openPort(worker, lock);
  tab.say({ type: "connect", id: 1 });
  tab.say({ type: "subscribe", id: 2, channel: "kept:1" });
  await tab.said.find(({ text = "" }) => text.includes("subscribed"));
  return { ...tab, socket };
}

describe("a tab", () => {
  test("that is gone without a word is noticed, and its subscription ends", async () => {
    const { worker, one, other, socket } = await beginTwo();
    const gone = Promise.withResolvers<void>();
    const name = crypto.randomUUID();
    void navigator.locks.request(name, () => gone.promise);
    const tab = openPort(worker, name);
    tab.say({ type: "connect", id: 1 });
    tab.say({ type: "subscribe", id: 2, channel: "kept:2" });
    await confirm(socket);
    gone.resolve();
    expect(await lineOf(socket, "unsubscribe")).toMatchObject({ channel: "kept:2" });
    tab.port.close();
    one.client.close();
    other.client.close();
  });

  test("that is frozen holds back nobody, and no more than 4 MiB wait for it", async () => {
    const { worker, one, other, socket, first } = await beginSubscribed();
    const name = crypto.randomUUID();
    void navigator.locks.request(name, () => new Promise(() => {}));
    const frozen = await beginBesides(socket, worker, name);
    const large = "x".repeat(1_000_000);
    for (const number of [1, 2, 3, 4, 5]) socket.say(message(number + large, `p${number}`));
    expect(await first.heard.take(5)).toHaveLength(5);
    const last = await frozen.said.find(({ kind }) => kind === "close");
    expect(last).toMatchObject({ code: 4001 });
    frozen.port.close();
    one.client.close();
    other.client.close();
  });

  test("comes back at once to another worker when its own was ended", async () => {
    let worker = startWorker();
    const { world, client } = openTab(() => worker);
    const { heard, subscription } = listen(client);
    await confirm(await welcome(worker));
    await subscription.ready;
    const old = worker;
    worker = startWorker();
    old.end();
    await until(() => client.state.kind === "waiting");
    world.advance(1_000);
    const socket = await welcome(worker);
    expect(await confirm(socket, { complete: true })).toMatchObject({ since: "start" });
    socket.say(message("here", "p1"));
    expect(await heard.next()).toBe("here");
    client.close();
  });

  test("can't be kept from hearing itself, and is told so", async () => {
    const { one, other } = await beginTwo();
    const removed = new Inbox<string>();
    one.client.channel("room:1").subscribe({ onRemoved: ({ code }) => removed.push(code) }, { echo: false });
    expect(await removed.next()).toBe("unsupported");
    one.client.close();
    other.client.close();
  });

  test("are not told who is there, which they are told, and can ask", async () => {
    const { one, other, socket } = await beginTwo();
    const reasons = new Inbox<unknown>();
    const here = presenceOf(one.client.channel("kept:1"));
    here.subscribe(({ current }) => reasons.push(current.reason));
    const { heard } = listen(one.client);
    expect(await confirm(socket)).not.toHaveProperty("presence");
    expect(await reasons.next()).toMatchObject({ code: "unsupported" });
    socket.say(message("all the same", "p1"));
    expect(await heard.next()).toBe("all the same");
    const page = here.list();
    const { id } = await lineOf(socket, "presence");
    const present = { members: [{ user: "7" }], total: 1, complete: true };
    socket.say({ type: "present", id, channel: "kept:1", ...present });
    await expect(page).resolves.toEqual(present);
    one.client.close();
    other.client.close();
  });
});

describe("the worker", () => {
  test("refuses a tab of another version, and ends what the gateway does not answer", async () => {
    const worker = startWorker();
    const port = worker.connect();
    const said = new Inbox<unknown>();
    port.addEventListener("message", ({ data }) => said.push(data));
    port.start();
    port.postMessage({
      kind: "open",
      version: PORT_VERSION + 1,
      url: "ws://gateway.test/",
      as: "",
      lock: "",
    });
    expect(await said.next()).toEqual({ kind: "refused" });
    const { client } = openTab(() => worker);
    await until(() => worker.world.sockets.length === 1);
    worker.world.advance(10_000);
    await until(() => client.state.kind === "waiting");
    expect(worker.world.socket.isClosed).toBe(true);
    client.close();
  });

  test("asks the gateway for a sign of life when a tab does, and gives it up without one", async () => {
    const { worker, one, other, socket } = await beginTwo();
    one.world.wake("visible");
    await lineOf(socket, "ping");
    worker.world.advance(10_000);
    await until(() => other.client.state.kind === "waiting");
    expect(socket.isClosed).toBe(true);
    one.client.close();
    other.client.close();
  });
});
