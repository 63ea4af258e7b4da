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

/** A broker whose publications wait until the test answers them. */
function slowBroker(broker: Broker) {
  const answers: PromiseWithResolvers<Result<number>>[] = [];
  const publish = () => {
    const answer = Promise.withResolvers<Result<number>>();
    answers.push(answer);
    return answer.promise;
  };
  return { broker: { ...broker, publish } satisfies Broker, answers };
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

  test("stops reading while too many texts wait for the broker, and goes on when half are done", async () => {
    const { broker, answers } = slowBroker(openSession().broker);
    const connection = new FakeConnection();
    const options = { channel: "news", textPrefix: Buffer.alloc(0), maxPendingPublishes: 4 };
    const session = new PlainSession(connection, broker, options);
    const sent = [1, 2, 3, 4].map((index) => session.onMessage(Buffer.from(String(index)), false));
    expect(connection.isPaused).toBe(true);
    answers[0]?.resolve({ ok: true, value: 1 });
    await sent[0];
    expect(connection.isPaused).toBe(true);
    answers[1]?.resolve({ ok: true, value: 1 });
    await sent[1];
    expect(connection.isPaused).toBe(false);
  });
});
