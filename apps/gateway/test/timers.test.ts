import { createMemoryBroker } from "@tidewire/broker";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { startTimers, type Timer } from "../src/timers.ts";
import { NO_HANDLERS } from "./no-handlers.ts";

const TIMER: Timer = { channel: "ticks", everyMs: 1_000, data: "it is {time}" };
const START = Date.parse("2026-01-01T00:00:00.400Z");

const NO_PERMISSION = { ok: false, error: { code: "refused", message: "NOPERM" } } as const;
const IGNORED = { onTick: () => {}, onRefused: () => {} };

beforeEach(() => vi.useFakeTimers({ now: START }));
afterEach(() => vi.useRealTimers());

/** A broker with a clock of its own, and what it has published. */
function openBroker(now = () => Date.now()) {
  const published: string[] = [];
  const handlers = {
    ...NO_HANDLERS,
    onPublication: (_channel: string, { payload }: { payload: Buffer }) => published.push(payload.toString()),
  };
  const broker = createMemoryBroker(handlers, now);
  void broker.subscribe("ticks");
  return { broker, published };
}

describe("a timer", () => {
  test("ticks at every multiple of its interval, and says when that was", async () => {
    const { broker, published } = openBroker();
    const stop = startTimers(broker, [TIMER], IGNORED);
    await vi.advanceTimersByTimeAsync(2_600);
    expect(published).toEqual([
      "it is 2026-01-01T00:00:01.000Z",
      "it is 2026-01-01T00:00:02.000Z",
      "it is 2026-01-01T00:00:03.000Z",
    ]);
    stop();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(published).toHaveLength(3);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("of several gateways ticks once, and goes on when one of them stops", async () => {
    const { broker, published } = openBroker();
    let counted = 0;
    const [stopFirst, ...others] = [1, 2, 3].map(() =>
      startTimers(broker, [TIMER], { ...IGNORED, onTick: () => (counted += 1) }),
    );
    await vi.advanceTimersByTimeAsync(2_000);
    stopFirst?.();
    await vi.advanceTimersByTimeAsync(2_000);
    expect(published).toHaveLength(4);
    expect(new Set(published).size).toBe(4);
    expect(counted).toBe(4);
    for (const stop of others) stop();
  });

  test.each([3_600_000, -3_600_000])(
    "goes by the broker's clock, %i ms off the own one",
    async (offsetMs) => {
      const { broker, published } = openBroker(() => Date.now() + offsetMs);
      const stop = startTimers(broker, [TIMER], IGNORED);
      await vi.advanceTimersByTimeAsync(2_600);
      const first = new Date(Date.parse("2026-01-01T00:00:01.000Z") + offsetMs).toISOString();
      expect(published).toHaveLength(3);
      expect(published[0]).toBe(`it is ${first}`);
      stop();
    },
  );

  test("goes on after the broker's clock was set back or forward", async () => {
    let offsetMs = 0;
    const { broker, published } = openBroker(() => Date.now() + offsetMs);
    const stop = startTimers(broker, [TIMER], IGNORED);
    await vi.advanceTimersByTimeAsync(1_000);
    for (const jumpMs of [-3_600_000, 7_200_000]) {
      offsetMs += jumpMs;
      published.length = 0;
      await vi.advanceTimersByTimeAsync(5_000);
      expect(published.length).toBeGreaterThanOrEqual(4);
      expect(new Set(published).size).toBe(published.length);
    }
    stop();
  });

  test("is reported once when the broker refuses it, and goes on trying", async () => {
    const { broker } = openBroker();
    const tick = vi.fn<typeof broker.tick>(async () => NO_PERMISSION);
    const refusals: string[] = [];
    const onRefused = (channel: string, message: string) => refusals.push(`${channel}: ${message}`);
    const stop = startTimers({ ...broker, tick }, [TIMER], { ...IGNORED, onRefused });
    await vi.advanceTimersByTimeAsync(10_000);
    expect(refusals).toEqual(["ticks: NOPERM"]);
    stop();
  });

  test("does not ask again for a tick that may have been published", async () => {
    const { broker } = openBroker();
    const asked: number[] = [];
    let calls = 0;
    const tick: typeof broker.tick = async (question) => {
      calls += 1;
      asked.push(question.dueMs);
      if (calls === 2) return { ok: false, error: { code: "unconfirmed", message: "lost" } };
      return broker.tick(question);
    };
    const stop = startTimers({ ...broker, tick }, [TIMER], IGNORED);
    await vi.advanceTimersByTimeAsync(5_000);
    const due = asked.filter((dueMs) => dueMs < Number.MAX_SAFE_INTEGER);
    expect(new Set(due).size).toBe(due.length);
    stop();
  });

  test("asks again while the broker does not answer, and lets go what is over", async () => {
    const { broker, published } = openBroker();
    let isDown = true;
    const tick: typeof broker.tick = async (asked) =>
      isDown ? { ok: false, error: { code: "unavailable", message: "down" } } : broker.tick(asked);
    const stop = startTimers({ ...broker, tick }, [TIMER], IGNORED);
    await vi.advanceTimersByTimeAsync(10_000);
    isDown = false;
    await vi.advanceTimersByTimeAsync(2_000);
    expect(published.length).toBeGreaterThanOrEqual(1);
    expect(published.length).toBeLessThanOrEqual(2);
    stop();
  });
});
