import { type Broker, createMemoryBroker, formatPosition } from "@tidewire/broker";
import { CLOSE_CODES } from "@tidewire/protocol";
import type { V1Client, V1Message } from "@tidewire/testkit";
import { describe, expect, test } from "vitest";
import { ChannelRuleInput } from "../src/channel-rules.ts";
import { stopIntervals } from "./clock.ts";
import { postJson, startTestGateway, type TestGateway, testConfig } from "./test-gateway.ts";

const CHANNELS = {
  "kept:*": ChannelRuleInput.parse({ history: { size: 5 } }),
  "mute:*": ChannelRuleInput.parse({ stream: true, echo: false }),
};
const NEVER = "aaaaaaaaaaaaaaaa.1-0.00000000";

function start(): Promise<TestGateway> {
  const limits = { ...testConfig().limits, lingerMs: 0 };
  return startTestGateway({ config: { channels: CHANNELS, limits } });
}

/** Publishes the texts, and answers where each is. */
async function publish(gateway: TestGateway, texts: readonly string[], channel = "kept:1") {
  const messages = texts.map((data) => ({ channel, data }));
  const answer = await postJson(`${gateway.url}api/v1/publish`, { messages });
  return (answer.body as { results: { position: string }[] }).results.map(({ position }) => position);
}

async function next(client: V1Client, count: number): Promise<V1Message[]> {
  const messages: V1Message[] = [];
  while (messages.length < count) messages.push(await client.pushes.next());
  return messages;
}

async function dataOf(client: V1Client, count: number): Promise<unknown[]> {
  return (await next(client, count)).map(({ data }) => data);
}

function numbers(from: number, to: number): string[] {
  return Array.from({ length: to - from + 1 }, (_, index) => String(from + index));
}

describe("a subscription to a stream channel", () => {
  test("begins with what is new, and tells where that is", async () => {
    await using gateway = await start();
    const [before] = await publish(gateway, ["old"]);
    await using client = await gateway.connectV1();
    const subscribed = await client.request("subscribe", { channel: "kept:1" });
    expect(subscribed).toMatchObject({ type: "subscribed", resumable: true, position: before });
    expect(subscribed).not.toHaveProperty("complete");
    const [position] = await publish(gateway, ["new"]);
    expect(await client.pushes.next()).toMatchObject({ channel: "kept:1", data: "new", position });
  });

  test("since a position gets what came meanwhile, and then what is new, without a seam", async () => {
    await using gateway = await start();
    const [since] = await publish(gateway, ["1"]);
    await publish(gateway, ["2", "3"]);
    await using client = await gateway.connectV1();
    const publishing = publish(gateway, ["4"]);
    const subscribed = await client.request("subscribe", { channel: "kept:1", since });
    expect(subscribed).toMatchObject({ complete: true, position: since });
    await publishing;
    await publish(gateway, ["5"]);
    expect(await dataOf(client, 4)).toEqual(["2", "3", "4", "5"]);
  });

  test("comes back to each position that it was told, also when nobody was there meanwhile", async () => {
    await using gateway = await start();
    const positions = await publish(gateway, numbers(1, 5));
    for (const [index, since] of positions.entries()) {
      await using client = await gateway.connectV1();
      expect(await client.request("subscribe", { channel: "kept:1", since })).toMatchObject({
        complete: true,
      });
      const [sentinel = ""] = await publish(gateway, ["sentinel"], "kept:2");
      await client.request("subscribe", { channel: "kept:2", last: 1 });
      expect(sentinel).not.toBe("");
      expect(await dataOf(client, positions.length - index)).toEqual([...numbers(index + 2, 5), "sentinel"]);
    }
  });

  test("since a position that was trimmed away, or is another channel's, is not complete and begins anew", async () => {
    await using gateway = await start();
    const [trimmed] = await publish(gateway, numbers(1, 10));
    const [foreign] = await publish(gateway, ["elsewhere"], "kept:2");
    for (const since of [trimmed, foreign, NEVER]) {
      await using client = await gateway.connectV1();
      const subscribed = await client.request("subscribe", { channel: "kept:1", since });
      expect(subscribed).toMatchObject({ resumable: true, complete: false });
      await publish(gateway, ["new"]);
      expect(await dataOf(client, 1)).toEqual(["new"]);
    }
  });

  test("since what can't be a position is an error, and with last, too", async () => {
    await using gateway = await start();
    await using client = await gateway.connectV1();
    for (const fields of [{ since: "yesterday" }, { since: NEVER, last: 1 }, { last: -1 }]) {
      const reply = await client.request("subscribe", { channel: "kept:1", ...fields });
      expect(reply).toMatchObject({ type: "error", code: "bad_request" });
    }
    expect(await client.request("subscribe", { channel: "kept:1" })).toMatchObject({ type: "subscribed" });
  });

  test("with the last ones gets them first, as many as there are", async () => {
    await using gateway = await start();
    const positions = await publish(gateway, numbers(1, 4));
    await using two = await gateway.connectV1();
    await using many = await gateway.connectV1();
    expect(await two.request("subscribe", { channel: "kept:1", last: 2 })).toMatchObject({
      position: positions[3],
      last: 2,
    });
    expect(await many.request("subscribe", { channel: "kept:1", last: 1_000 })).toMatchObject({ last: 4 });
    await publish(gateway, ["5"]);
    expect(await dataOf(two, 3)).toEqual(["3", "4", "5"]);
    expect(await dataOf(many, 5)).toEqual(numbers(1, 5));
  });

  test("that does not want its own messages back is not given them when it comes back either", async () => {
    await using gateway = await start();
    await using client = await gateway.connectV1();
    await client.request("subscribe", { channel: "mute:1" });
    const { position } = await client.request("publish", { channel: "mute:1", data: "mine" });
    await publish(gateway, ["theirs"], "mute:1");
    expect(await client.pushes.next()).toMatchObject({ data: "theirs" });
    await client.request("unsubscribe", { channel: "mute:1" });
    const [since] = await publish(gateway, ["and"], "mute:1");
    await client.request("publish", { channel: "mute:1", data: "for others" });
    await client.request("subscribe", { channel: "mute:1", since: position });
    await publish(gateway, ["last"], "mute:1");
    expect(await dataOf(client, 2)).toEqual(["theirs", "and"]);
    expect(since).not.toBe(position);
  });

  test("to a live channel can't come back, and says so", async () => {
    await using gateway = await start();
    await using client = await gateway.connectV1();
    expect(await client.request("subscribe", { channel: "room:1", since: NEVER })).toMatchObject({
      resumable: false,
      complete: false,
    });
  });
});

describe("what another program wrote and is too large", () => {
  test("is a gap to those who can be told, and what comes behind it arrives", async () => {
    const brokers: Broker[] = [];
    const limits = { ...testConfig().limits, maxDeliveredBytes: 100 };
    await using gateway = await startTestGateway({
      config: { channels: CHANNELS, limits },
      createBroker: (handlers) => {
        const broker = createMemoryBroker(handlers);
        brokers.push(broker);
        return broker;
      },
    });
    await using client = await gateway.connectV1();
    for (const channel of ["kept:1", "room:1"]) await client.request("subscribe", { channel });
    const large = { payload: Buffer.alloc(101, "x") };
    await brokers[0]?.publish("room:1", large);
    const appended = await brokers[0]?.streams.append("kept:1", large);
    const position = appended?.ok && appended.value.position && formatPosition(appended.value.position);
    await gateway.post({ channel: "kept:1", message: "small" });
    const pushes = await next(client, 3);
    expect(pushes).toContainEqual({ type: "gap", channel: "room:1" });
    expect(pushes).toContainEqual({ type: "gap", channel: "kept:1", position });
    expect(pushes.at(-1)).toMatchObject({ type: "message", channel: "kept:1", data: "small" });
  });
});

describe("a client that takes nothing for a while", () => {
  test("is fed again when it reads on, and has missed nothing, where a reader of a live channel is cut", async () => {
    const passIntervals = stopIntervals();
    const limits = { ...testConfig().limits, maxBufferedBytesPerConnection: 1_000_000_000 };
    const channels = { kept: ChannelRuleInput.parse({ stream: true }) };
    await using gateway = await startTestGateway({ config: { channels, limits } });
    await using live = await gateway.connect("?channel=room:1");
    await using slow = await gateway.connect("?channel=kept");
    for (const { socket } of [live, slow]) socket.pause();
    const count = 400;
    // More than the kernel takes, for each.
    const texts = numbers(1, count).map((number) => number.padEnd(50_000, "."));
    for (const channel of ["kept", "room:1"]) {
      for (let at = 0; at < count; at += 5) await publish(gateway, texts.slice(at, at + 5), channel);
    }
    const metrics = async () => (await fetch(`${gateway.url}metrics`)).text();
    for (let beats = 0; beats < 3; beats += 1) passIntervals(limits.heartbeatIntervalMs);
    await expect.poll(metrics).toContain('tidewire_closes_total{code="silent"} 1');
    expect(await metrics()).toMatch(/^tidewire_connections 1$/m);
    slow.socket.resume();
    expect((await slow.inbox.take(count)).map(String)).toEqual(texts);
  });
});

describe("a publication on a stream channel", () => {
  test("is answered with its position, and a repetition with the same one", async () => {
    await using gateway = await start();
    await using client = await gateway.connectV1();
    const request = { channel: "kept:1", data: { n: 1 }, key: "order-1" };
    const first = await client.request("publish", request);
    const again = await client.request("publish", request);
    expect(first).toMatchObject({ type: "published", duplicate: false });
    expect(again).toMatchObject({ duplicate: true, position: first["position"] });
    const body = { channel: "kept:1", message: "by a server" };
    expect(await gateway.post(body)).toMatchObject({ status: 200, body: { position: expect.any(String) } });
    expect(await client.request("history", { channel: "kept:1" })).toMatchObject({
      messages: [{ position: first["position"], data: { n: 1 } }, { data: "by a server" }],
    });
  });
});

describe("history", () => {
  test("is read in pages, forwards and backwards, each message once", async () => {
    await using gateway = await start();
    await using client = await gateway.connectV1();
    const positions = await publish(gateway, numbers(1, 5));
    const backwards = await pages(client, "before");
    expect(backwards.toReversed().flat()).toEqual(numbers(1, 5));
    const forwards = await pages(client, "since", positions[0]);
    expect(forwards.flat()).toEqual(numbers(2, 5));
  });

  test("tells whether it is complete, and where the channel ends", async () => {
    await using gateway = await start();
    await using client = await gateway.connectV1();
    const positions = await publish(gateway, numbers(1, 5));
    const [since] = positions;
    expect(await client.request("history", { channel: "kept:1", since })).toMatchObject({
      complete: true,
      more: false,
      position: positions.at(-1),
    });
    await publish(gateway, ["6"]);
    expect(await client.request("history", { channel: "kept:1", since })).toMatchObject({ complete: false });
  });

  test("of a live channel, or from what is no position, is an error", async () => {
    await using gateway = await start();
    await using client = await gateway.connectV1();
    expect(await client.request("history", { channel: "room:1" })).toMatchObject({ code: "unsupported" });
    const nowhere = await client.request("history", { channel: "kept:1", since: "nowhere" });
    expect(nowhere).toMatchObject({ code: "bad_request" });
  });
});

describe("a plain client of a stream channel", () => {
  test("gets what was kept first when it asks for that", async () => {
    await using gateway = await start();
    const [since] = await publish(gateway, numbers(1, 3));
    await using back = await gateway.connect(`?channel=kept:1&since=${since}`);
    await using last = await gateway.connect("?channel=kept:1&last=1");
    back.send("4");
    expect([await back.next(), await back.next(), await back.next()]).toEqual(["2", "3", "4"]);
    expect([await last.next(), await last.next()]).toEqual(["3", "4"]);
  });

  test("is closed when something is missing, since it can't be told", async () => {
    await using gateway = await start();
    const [trimmed] = await publish(gateway, numbers(1, 10));
    await using client = await gateway.connect(`?channel=kept:1&since=${trimmed}`);
    expect((await client.closed).code).toBe(CLOSE_CODES.gap.code);
  });

  test.each(["since=x", "last=x", "last=1001", "last=1&last=2", `since=${NEVER}&last=1`])(
    "that asks for %s is refused",
    async (query) => {
      await using gateway = await start();
      expect(await gateway.refused(`?channel=kept:1&${query}`)).toMatchObject({ status: 400 });
      expect(await gateway.refused(`?channel=room:1&${query}`)).toMatchObject({ status: 400 });
    },
  );
});

/** Reads two messages at a time until there are no more. */
async function pages(client: V1Client, direction: "since" | "before", from?: string): Promise<unknown[][]> {
  const read: unknown[][] = [];
  let position = from;
  for (let more = true; more;) {
    const where = position === undefined ? {} : { [direction]: position };
    const page = await client.request("history", { channel: "kept:1", limit: 2, ...where });
    const messages = page["messages"] as { position: string; data: unknown }[];
    read.push(messages.map(({ data }) => data));
    position = messages.at(direction === "since" ? -1 : 0)?.position;
    more = page["more"] as boolean;
  }
  return read;
}
