import { createMemoryBroker, type Broker, type Result } from "@tidewire/broker";
import { CLOSE_CODES, type CloseCode } from "@tidewire/protocol";
import { Inbox } from "@tidewire/testkit";
import { describe, expect, test } from "vitest";
import type { Connection } from "../src/connection.ts";
import { PlainSession, type PlainSessionOptions } from "../src/session.ts";

class FakeConnection implements Connection {
  closedWith: CloseCode | undefined;
  isPaused = false;
  write(): void {}
  close(closeCode: CloseCode): void {
    this.closedWith = closeCode;
  }
  pause(): void {
    this.isPaused = true;
  }
  resume(): void {
    this.isPaused = false;
  }
}

function openSession(options: Partial<PlainSessionOptions> = {}) {
  const published = new Inbox<string>();
  const broker = createMemoryBroker({
    onPublication: (_channel, { payload }) => published.push(payload.toString()),
    onChannelRefused: () => {},
    onLink: () => {},
  });
  void broker.subscribe("news");
  const connection = new FakeConnection();
  const session = new PlainSession(connection, broker, {
    channel: "news",
    textPrefix: Buffer.alloc(0),
    maxPendingPublishes: 4,
    ...options,
  });
  return { session, connection, published, broker };
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
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { broker: { ...openSession().broker, publish } satisfies Broker, published, answerOne };
}

describe("a plain session", () => {
  test("publishes each text on its channel, in order", async () => {
    const { session, published } = openSession();
    for (const text of ["one", "", "three"]) void session.onMessage(Buffer.from(text), false);
    expect(await published.take(3)).toEqual(["one", "", "three"]);
  });

  test("puts the configured prefix before each text", async () => {
    const { session, published } = openSession({ textPrefix: Buffer.from("RECEIVED: ") });
    await session.onMessage(Buffer.from("hello"), false);
    expect(await published.next()).toBe("RECEIVED: hello");
  });

  test("closes at a binary frame and publishes nothing after it", async () => {
    const { session, connection, published, broker } = openSession();
    await session.onMessage(Buffer.from([1]), true);
    await session.onMessage(Buffer.from("too late"), false);
    expect(connection.closedWith).toBe(CLOSE_CODES.unsupportedData);
    await broker.publish("news", { payload: Buffer.from("sentinel") });
    expect(await published.next()).toBe("sentinel");
  });

  test("closes when a text could not be published, so that its client knows", async () => {
    const { session, connection, broker } = openSession();
    await broker.close();
    await session.onMessage(Buffer.from("lost"), false);
    expect(connection.closedWith).toBe(CLOSE_CODES.publishFailed);
  });

  test("gives the broker only so many texts at a time, reads no more meanwhile, and keeps their order", async () => {
    const { broker, published, answerOne } = slowBroker();
    const connection = new FakeConnection();
    const options = { channel: "news", textPrefix: Buffer.alloc(0), maxPendingPublishes: 4 };
    const session = new PlainSession(connection, broker, options);
    const texts = Array.from({ length: 10 }, (_, index) => String(index));
    const sent = texts.map((text) => session.onMessage(Buffer.from(text), false));
    expect(published).toEqual(texts.slice(0, 4));
    expect(connection.isPaused).toBe(true);
    for (let answered = 0; answered < 6; answered += 1) {
      expect(connection.isPaused).toBe(true);
      await answerOne();
    }
    expect(connection.isPaused).toBe(false);
    while (published.length < texts.length) await answerOne();
    for (let left = 0; left < 4; left += 1) await answerOne();
    await Promise.all(sent);
    expect(published).toEqual(texts);
  });

  test("drops what waits once a text could not be published", async () => {
    const { broker, published, answerOne } = slowBroker();
    const connection = new FakeConnection();
    const options = { channel: "news", textPrefix: Buffer.alloc(0), maxPendingPublishes: 1 };
    const session = new PlainSession(connection, broker, options);
    const sent = ["one", "two"].map((text) => session.onMessage(Buffer.from(text), false));
    await answerOne({ ok: false, error: { code: "unconfirmed", message: "lost" } });
    await Promise.all(sent);
    expect(published).toEqual(["one"]);
    expect(connection.closedWith).toBe(CLOSE_CODES.publishFailed);
  });
});
