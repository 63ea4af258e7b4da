import { createMemoryBroker, type Broker, type Result } from "@tidewire/broker";
import { CLOSE_CODES } from "@tidewire/protocol";
import { Inbox } from "@tidewire/testkit";
import { pino } from "pino";
import { describe, expect, test, vi } from "vitest";
import { ChannelRules } from "../src/channel-rules.ts";
import { Hub } from "../src/hub.ts";
import { PlainSession, type PlainSessionOptions } from "../src/plain-session.ts";
import { createPublish } from "../src/publish.ts";
import { StreamChannels } from "../src/stream-channels.ts";
import { FakeConnection } from "./fake-connection.ts";
import { testConfig } from "./test-gateway.ts";
import { NO_HANDLERS } from "./no-handlers.ts";

const RULES = new ChannelRules(
  {
    short: { subscribe: "anyone", publish: "anyone", echo: true, presence: false, maxMessageBytes: 3 },
  },
  testConfig().limits,
);

const HUB = new Hub(() => {});

/** What a session needs of a broker. */
function through(broker: Broker): Pick<PlainSessionOptions, "publish" | "streams"> {
  const { limits } = testConfig();
  const log = pino({ level: "silent" });
  return {
    publish: createPublish({ broker, rules: RULES, windowMs: limits.idempotencyWindowMs }),
    streams: new StreamChannels({ broker, hub: HUB, rules: RULES, limits, log }),
  };
}

const OPTIONS: Omit<PlainSessionOptions, "publish" | "streams"> = {
  hub: HUB,
  accounts: undefined,
  attend: () => undefined,
  others: undefined,
  identity: undefined,
  channels: ["news"],
  rule: RULES.of("news"),
  mayPublish: true,
  ask: undefined,
  channel: "news",
  textPrefix: Buffer.alloc(0),
  maxPendingRequests: 4,
  rate: { perSecond: 1_000, burst: 1_000 },
  now: () => 0,
};

function openSession(options: Partial<PlainSessionOptions> = {}) {
  const published = new Inbox<string>();
  const broker = createMemoryBroker({
    ...NO_HANDLERS,
    onPublication: (_channel, { payload }) => published.push(payload.toString()),
  });
  void broker.subscribe("news");
  const connection = new FakeConnection();
  const session = new PlainSession(connection, { ...OPTIONS, ...through(broker), ...options }, new Map());
  return { session, connection, published, broker };
}

function endOfTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** A broker whose publications wait until the test answers them, the oldest first. */
function slowBroker() {
  const published: string[] = [];
  const answers: PromiseWithResolvers<Result<number>>[] = [];
  const publish: Broker["publish"] = (_channel, { payload }) => {
    published.push(payload.toString());
    const answer = Promise.withResolvers<Result<number>>();
    answers.push(answer);
    return answer.promise;
  };
  const answerOne = async (result: Result<number> = { ok: true, value: 1 }) => {
    answers.shift()?.resolve(result);
    await endOfTurn();
  };
  return { broker: { ...openSession().broker, publish } satisfies Broker, published, answerOne };
}

describe("a plain session", () => {
  test("publishes each text on its channel, in order", async () => {
    const { session, published } = openSession();
    for (const text of ["one", "", "three"]) session.onMessage(Buffer.from(text), false);
    expect(await published.take(3)).toEqual(["one", "", "three"]);
  });

  test("puts the configured prefix before each text", async () => {
    const { session, published } = openSession({ textPrefix: Buffer.from("RECEIVED: ") });
    session.onMessage(Buffer.from("hello"), false);
    expect(await published.next()).toBe("RECEIVED: hello");
  });

  test("closes at a binary frame and publishes nothing after it", async () => {
    const { session, connection, published, broker } = openSession();
    session.onMessage(Buffer.from([1]), true);
    session.onMessage(Buffer.from("too late"), false);
    expect(connection.closedWith).toBe(CLOSE_CODES.unsupportedData);
    await broker.publish("news", { payload: Buffer.from("sentinel") });
    expect(await published.next()).toBe("sentinel");
  });

  test("closes at a text that the rule of its channel does not allow", async () => {
    const forbidden = openSession({ mayPublish: false });
    forbidden.session.onMessage(Buffer.from("x"), false);
    expect(forbidden.connection.closedWith).toBe(CLOSE_CODES.publishForbidden);
    const long = openSession({ rule: RULES.of("short") });
    for (const text of ["123", "1234", "5"]) long.session.onMessage(Buffer.from(text), false);
    expect(long.connection.closedWith).toBe(CLOSE_CODES.messageTooLarge);
    await long.broker.publish("news", { payload: Buffer.from("sentinel") });
    expect(await long.published.take(2)).toEqual(["123", "sentinel"]);
  });

  test("closes when a text could not be published, so that its client knows", async () => {
    const { session, connection, broker } = openSession();
    await broker.close();
    session.onMessage(Buffer.from("lost"), false);
    await endOfTurn();
    expect(connection.closedWith).toBe(CLOSE_CODES.publishFailed);
  });

  test("reads no faster than its rate, and goes on as time passes", async () => {
    vi.useFakeTimers();
    try {
      const { session, connection, published } = openSession({
        rate: { perSecond: 10, burst: 2 },
        now: () => Date.now(),
      });
      for (const text of ["1", "2", "3", "4"]) session.onMessage(Buffer.from(text), false);
      expect(await published.take(2)).toEqual(["1", "2"]);
      expect(connection.isPaused).toBe(true);
      await vi.advanceTimersByTimeAsync(100);
      expect(await published.next()).toBe("3");
      expect(connection.isPaused).toBe(true);
      await vi.advanceTimersByTimeAsync(100);
      expect(await published.next()).toBe("4");
      expect(connection.isPaused).toBe(false);
    } finally {
      vi.useRealTimers();
    }
  });

  test("still publishes what its client said before it left, and no faster", async () => {
    vi.useFakeTimers();
    try {
      const { session, published } = openSession({ rate: { perSecond: 1, burst: 1 }, now: () => Date.now() });
      for (const text of ["1", "2", "3"]) session.onMessage(Buffer.from(text), false);
      session.onClose();
      expect(await published.next()).toBe("1");
      await vi.advanceTimersByTimeAsync(999);
      const next = published.next();
      await vi.advanceTimersByTimeAsync(1);
      expect(await next).toBe("2");
      await vi.advanceTimersByTimeAsync(1_000);
      expect(await published.next()).toBe("3");
    } finally {
      vi.useRealTimers();
    }
  });

  test("reports a bug to its connection", async () => {
    const connection = new FakeConnection();
    const bug = new TypeError("a bug");
    const broker: Broker = { ...openSession().broker, publish: () => Promise.reject(bug) };
    const session = new PlainSession(
      connection,
      { ...OPTIONS, ...through(broker), maxPendingRequests: 1 },
      new Map(),
    );
    for (const text of ["x", "y"]) session.onMessage(Buffer.from(text), false);
    await endOfTurn();
    session.onMessage(Buffer.from("z"), false);
    await endOfTurn();
    expect(connection.bugs).toEqual([bug]);
    expect(connection.isPaused).toBe(false);
  });

  test("gives the broker only so many texts at a time, reads no more meanwhile, and keeps their order", async () => {
    const { broker, published, answerOne } = slowBroker();
    const connection = new FakeConnection();
    const session = new PlainSession(connection, { ...OPTIONS, ...through(broker) }, new Map());
    const texts = Array.from({ length: 10 }, (_, index) => String(index));
    for (const text of texts) session.onMessage(Buffer.from(text), false);
    expect(published).toEqual(texts.slice(0, 4));
    expect(connection.isPaused).toBe(true);
    for (let answered = 0; answered < 6; answered += 1) {
      expect(connection.isPaused).toBe(true);
      await answerOne();
    }
    expect(connection.isPaused).toBe(false);
    while (published.length < texts.length) await answerOne();
    expect(published).toEqual(texts);
  });

  test("drops what waits once a text could not be published", async () => {
    const { broker, published, answerOne } = slowBroker();
    const connection = new FakeConnection();
    const session = new PlainSession(
      connection,
      { ...OPTIONS, ...through(broker), maxPendingRequests: 1 },
      new Map(),
    );
    for (const text of ["one", "two"]) session.onMessage(Buffer.from(text), false);
    await answerOne({ ok: false, error: { code: "unconfirmed", message: "lost" } });
    expect(published).toEqual(["one"]);
    expect(connection.closedWith).toBe(CLOSE_CODES.publishFailed);
    // Or the client's answer to the close would never be read.
    expect(connection.isPaused).toBe(false);
  });
});
