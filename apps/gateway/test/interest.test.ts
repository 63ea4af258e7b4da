import type { Result } from "@tidewire/broker";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type ChannelSource, Interest } from "../src/interest.ts";

const LINGER_MS = 1_000;
const OPTIONS = { lingerMs: LINGER_MS, handshakeTimeoutMs: 10_000 };

/** Writes down what is asked of it, and answers subscriptions as told. */
class RecordingSource implements ChannelSource {
  readonly calls: string[] = [];
  answer: Result<void> = { ok: true, value: undefined };

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
    const source = new RecordingSource();
    const interest = new Interest(() => source, OPTIONS);
    await interest.hold("news");
    await interest.hold("news");
    interest.release("news");
    vi.advanceTimersByTime(LINGER_MS * 2);
    interest.release("news");
    vi.advanceTimersByTime(LINGER_MS - 1);
    expect(source.calls).not.toContain("unsubscribe news");
    vi.advanceTimersByTime(1);
    expect(source.calls.filter((call) => call === "unsubscribe news")).toHaveLength(1);
  });

  test("goes on without a gap when somebody comes back in time", async () => {
    const source = new RecordingSource();
    const interest = new Interest(() => source, OPTIONS);
    await interest.hold("news");
    interest.release("news");
    vi.advanceTimersByTime(LINGER_MS - 1);
    await interest.hold("news");
    vi.advanceTimersByTime(LINGER_MS * 2);
    expect(source.calls).not.toContain("unsubscribe news");
  });

  test("that the broker refuses leaves nothing behind", async () => {
    const source = new RecordingSource();
    source.answer = { ok: false, error: { code: "refused", message: "no" } };
    const interest = new Interest(() => source, OPTIONS);
    expect((await interest.hold("news")).ok).toBe(false);
    vi.advanceTimersByTime(LINGER_MS);
    expect(source.calls).toEqual(["subscribe news", "unsubscribe news"]);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("gives up on a broker that does not answer, and lets go of what comes too late", async () => {
    const source = new RecordingSource();
    const answer = Promise.withResolvers<Result<void>>();
    source.subscribe = (channel) => {
      source.calls.push(`subscribe ${channel}`);
      return answer.promise;
    };
    const interest = new Interest(() => source, OPTIONS);
    const holding = interest.hold("news");
    vi.advanceTimersByTime(OPTIONS.handshakeTimeoutMs);
    expect(await holding).toMatchObject({ ok: false, error: { code: "unavailable" } });
    const other = interest.hold("other");
    interest.endWaiting();
    expect(await other).toMatchObject({ ok: false });
    answer.resolve({ ok: true, value: undefined });
    await vi.advanceTimersByTimeAsync(LINGER_MS);
    expect(source.calls.toSorted()).toEqual([
      "subscribe news",
      "subscribe other",
      "unsubscribe news",
      "unsubscribe other",
    ]);
  });
});
