import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Deadlines } from "../src/deadlines.ts";

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
});
afterEach(() => {
  vi.useRealTimers();
});

describe("deadlines", () => {
  test("are kept in their order, none late and none much too early", () => {
    const deadlines = new Deadlines(Date.now);
    const done: [name: string, earlyMs: number][] = [];
    const delays = [5_000, 100, 2_000, 100, 60_000];
    for (const delay of delays) {
      const atMs = Date.now() + delay;
      deadlines.add(atMs, { onDue: () => done.push([String(delay), atMs - Date.now()]) });
    }
    // One for each that is near, and one for the rest.
    expect(vi.getTimerCount()).toBe(3);
    vi.advanceTimersByTime(60_000);
    expect(done.map(([name]) => name)).toEqual(["100", "100", "2000", "5000", "60000"]);
    for (const [, earlyMs] of done) {
      expect(earlyMs).toBeGreaterThanOrEqual(0);
      expect(earlyMs).toBeLessThanOrEqual(500);
    }
    expect(vi.getTimerCount()).toBe(0);
  });

  test("that were called off are not kept", () => {
    const deadlines = new Deadlines(Date.now);
    const onDue = vi.fn<() => void>();
    const due = { onDue };
    const deadline = deadlines.add(Date.now() + 1_000, due);
    deadlines.add(Date.now() + 1_000, { onDue: () => {} });
    deadlines.remove(deadline, due);
    vi.advanceTimersByTime(2_000);
    expect(onDue).not.toHaveBeenCalled();
  });

  test("that are over already, or are set by another, are done at once", () => {
    const deadlines = new Deadlines(Date.now);
    const done: string[] = [];
    deadlines.add(Date.now() - 10_000, {
      onDue: () => {
        done.push("past");
        deadlines.add(Date.now(), { onDue: () => done.push("now") });
      },
    });
    vi.advanceTimersByTime(1);
    expect(done).toEqual(["past", "now"]);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("are kept though one that is done, and stood at the same time, is called off later", () => {
    const deadlines = new Deadlines(Date.now);
    const [first, second] = [{ onDue: vi.fn<() => void>() }, { onDue: vi.fn<() => void>() }];
    const deadline = deadlines.add(Date.now() + 1_000, first);
    vi.advanceTimersByTime(1_000);
    expect(first.onDue).toHaveBeenCalledOnce();
    vi.setSystemTime(Date.now() - 1_000);
    deadlines.add(Date.now() + 1_000, second);
    deadlines.remove(deadline, first);
    vi.advanceTimersByTime(1_000);
    expect(second.onDue).toHaveBeenCalledOnce();
  });

  test("may be many, at as many times", () => {
    const deadlines = new Deadlines(Date.now);
    const onDue = vi.fn<() => void>();
    for (let step = 0; step < 150_000; step += 1) {
      deadlines.add(Date.now() + 1_000_000 + step * 250, { onDue });
    }
    vi.advanceTimersByTime(1_010_000);
    expect(onDue.mock.calls.length).toBeGreaterThan(30);
    deadlines.stop();
  });

  test("are kept when the clock leaps", () => {
    const deadlines = new Deadlines(Date.now);
    const onDue = vi.fn<() => void>();
    deadlines.add(Date.now() + 3_000_000_000, { onDue });
    vi.setSystemTime(Date.now() + 2_999_999_000);
    vi.advanceTimersByTime(250);
    expect(onDue).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1_000);
    expect(onDue).toHaveBeenCalledOnce();
  });
});
