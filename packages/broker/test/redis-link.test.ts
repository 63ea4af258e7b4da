import { EventEmitter } from "node:events";
import type { Redis } from "ioredis";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { RedisLink, type Verdict } from "../src/redis-link.ts";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const CHECK_INTERVAL_MS = 1_000;

/** A connection whose life the test plays, and questions that wait for the test to answer. */
function openLink() {
  const client = Object.assign(new EventEmitter(), {
    status: "connecting",
    disconnect: vi.fn<(reconnect: boolean) => void>(),
  });
  const questions: PromiseWithResolvers<Verdict>[] = [];
  const ask = () => {
    const question = Promise.withResolvers<Verdict>();
    questions.push(question);
    return question.promise;
  };
  const link = new RedisLink({
    client: client as unknown as Redis,
    checkIntervalMs: CHECK_INTERVAL_MS,
    settle: ask,
    prove: ask,
    onClosed: () => {},
    onChange: () => {},
  });
  const enter = (status: "ready" | "close") => {
    client.status = status;
    client.emit(status);
  };
  const answer = async (verdict: Verdict) => {
    questions.shift()?.resolve(verdict);
    await vi.advanceTimersByTimeAsync(0);
  };
  return { link, client, questions, enter, answer };
}

describe("one watched connection", () => {
  test("is up once it has proved itself, and asked again at every interval", async () => {
    const { link, questions, enter, answer } = openLink();
    enter("ready");
    expect(link.isUp).toBe(false);
    await answer({ event: "proved" });
    expect(link.isUp).toBe(true);
    await vi.advanceTimersByTimeAsync(CHECK_INTERVAL_MS);
    expect(questions).toHaveLength(1);
  });

  test("is not put up by a late answer about the connection before", async () => {
    const { link, questions, enter, answer } = openLink();
    enter("ready");
    enter("close");
    enter("ready");
    expect(questions).toHaveLength(2);
    await answer({ event: "proved" });
    expect(link.isUp).toBe(false);
    await answer({ event: "proved" });
    expect(link.isUp).toBe(true);
  });

  test("is asked once an interval, however often it was opened anew", async () => {
    const { questions, enter, answer } = openLink();
    for (let flap = 0; flap < 10; flap += 1) {
      enter("ready");
      await answer({ event: "proved" });
      enter("close");
    }
    enter("ready");
    await answer({ event: "proved" });
    await vi.advanceTimersByTimeAsync(CHECK_INTERVAL_MS);
    expect(questions).toHaveLength(1);
  });

  test("is cut when it does not answer, but never while it is connecting anew", async () => {
    const { link, client, enter, answer } = openLink();
    enter("ready");
    await answer({ event: "silent" });
    expect(client.disconnect).toHaveBeenCalledExactlyOnceWith(true);
    enter("close");
    link.cut();
    expect(client.disconnect).toHaveBeenCalledTimes(1);
  });
});
