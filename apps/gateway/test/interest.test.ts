import { type Broker, createMemoryBroker, type Result } from "@tidewire/broker";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Interest } from "../src/interest.ts";

const LINGER_MS = 1_000;
const OPTIONS = { lingerMs: LINGER_MS, handshakeTimeoutMs: 10_000 };

const NO_HANDLERS = {
  onPublication: () => {},
  onChannelRefused: () => {},
  onEntry: () => {},
  onStreamGap: () => {},
  onStray: () => {},
  onNotice: () => {},
  onQuestion: () => undefined,
  onLink: () => {},
};

/** A broker that writes down what is asked of it, and answers subscriptions as told. */
class RecordingBroker implements Broker {
  readonly description = "recording";
  readonly link = { state: "up" } as const;
  readonly calls: string[] = [];
  readonly streams = createMemoryBroker(NO_HANDLERS).streams;
  answer: Result<void> = { ok: true, value: undefined };

  publish = async () => ({ ok: true, value: 0 }) as const;
  publishOnce = async () => ({ ok: true, value: { receivers: 0, isDuplicate: false } }) as const;
  post = async () => ({ ok: true, value: undefined }) as const;
  tick = async () => ({ ok: true, value: { nowMs: 0, isPublished: false } }) as const;
  renewLease = async () => ({ ok: true, value: { incarnation: 1, isTaken: true, peers: [] } }) as const;
  endLease = async () => ({ ok: true, value: undefined }) as const;
  ask = async () => ({ ok: true, value: { answers: [], missing: [] } }) as const;
  close = async () => {};

  async subscribe(channel: string): Promise<Result<void>> {
    this.calls.push(`subscribe ${channel}`);
    return this.answer;
  }

  unsubscribe(channel: string): void {
    this.calls.push(`unsubscribe ${channel}`);
  }
}

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

describe("interest in a channel", () => {
  test("ends at the broker a while after the last holder let go, not before", async () => {
    const broker = new RecordingBroker();
    const interest = new Interest(broker, OPTIONS);
    await interest.hold("news");
    await interest.hold("news");
    interest.release("news");
    vi.advanceTimersByTime(LINGER_MS * 2);
    interest.release("news");
    vi.advanceTimersByTime(LINGER_MS - 1);
    expect(broker.calls).not.toContain("unsubscribe news");
    vi.advanceTimersByTime(1);
    expect(broker.calls.filter((call) => call === "unsubscribe news")).toHaveLength(1);
  });

  test("goes on without a gap when somebody comes back in time", async () => {
    const broker = new RecordingBroker();
    const interest = new Interest(broker, OPTIONS);
    await interest.hold("news");
    interest.release("news");
    vi.advanceTimersByTime(LINGER_MS - 1);
    await interest.hold("news");
    vi.advanceTimersByTime(LINGER_MS * 2);
    expect(broker.calls).not.toContain("unsubscribe news");
  });

  test("that the broker refuses leaves nothing behind", async () => {
    const broker = new RecordingBroker();
    broker.answer = { ok: false, error: { code: "refused", message: "no" } };
    const interest = new Interest(broker, OPTIONS);
    expect((await interest.hold("news")).ok).toBe(false);
    vi.advanceTimersByTime(LINGER_MS);
    expect(broker.calls).toEqual(["subscribe news", "unsubscribe news"]);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("gives up on a broker that does not answer, and lets go of what comes too late", async () => {
    const broker = new RecordingBroker();
    const answer = Promise.withResolvers<Result<void>>();
    broker.subscribe = (channel) => {
      broker.calls.push(`subscribe ${channel}`);
      return answer.promise;
    };
    const interest = new Interest(broker, OPTIONS);
    const holding = interest.hold("news");
    vi.advanceTimersByTime(OPTIONS.handshakeTimeoutMs);
    expect(await holding).toMatchObject({ ok: false, error: { code: "unavailable" } });
    const other = interest.hold("other");
    interest.endWaiting();
    expect(await other).toMatchObject({ ok: false });
    answer.resolve({ ok: true, value: undefined });
    await vi.advanceTimersByTimeAsync(LINGER_MS);
    expect(broker.calls.toSorted()).toEqual([
      "subscribe news",
      "subscribe other",
      "unsubscribe news",
      "unsubscribe other",
    ]);
  });
});
