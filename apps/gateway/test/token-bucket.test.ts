import { describe, expect, test } from "vitest";
import { TokenBucket } from "../src/token-bucket.ts";

describe("a rate limit", () => {
  test("lets a burst through, then so many a second", () => {
    let nowMs = 0;
    const bucket = new TokenBucket({ perSecond: 10, burst: 3 }, () => nowMs);
    expect([1, 2, 3, 4].map(() => bucket.take())).toEqual([true, true, true, false]);
    expect(bucket.waitMs()).toBe(100);
    nowMs = 100;
    expect([1, 2].map(() => bucket.take())).toEqual([true, false]);
  });

  test("has what was charged paid back before it lets anything more through", () => {
    let nowMs = 0;
    const bucket = new TokenBucket({ perSecond: 10, burst: 3 }, () => nowMs);
    bucket.charge(8);
    expect([bucket.take(), bucket.waitMs()]).toEqual([false, 600]);
    nowMs = 600;
    expect([1, 2].map(() => bucket.take())).toEqual([true, false]);
  });

  test("saves up no more than one burst", () => {
    let nowMs = 0;
    const bucket = new TokenBucket({ perSecond: 10, burst: 2 }, () => nowMs);
    nowMs = 3_600_000;
    expect([1, 2, 3].map(() => bucket.take())).toEqual([true, true, false]);
  });
});
