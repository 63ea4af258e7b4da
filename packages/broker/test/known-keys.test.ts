import { describe, expect, test } from "vitest";
import { KnownKeys } from "../src/known-keys.ts";

describe("known keys", () => {
  test("a name is free until it is claimed, and again when its time is over", () => {
    let nowMs = 1_000;
    const keys = new KnownKeys(() => nowMs);
    expect(keys.claim("a", 500)).toBe(true);
    nowMs += 499;
    expect(keys.claim("a", 500)).toBe(false);
    nowMs += 1;
    expect(keys.claim("a", 500)).toBe(true);
  });

  test("a long claim does not keep a short one behind it alive", () => {
    let nowMs = 0;
    const keys = new KnownKeys(() => nowMs);
    keys.claim("long", 10_000);
    keys.claim("short", 10);
    nowMs = 11;
    expect(keys.claim("short", 10)).toBe(true);
  });

  test("of too many names the oldest are forgotten early", () => {
    const keys = new KnownKeys(() => 0);
    for (let index = 0; index <= 100_000; index += 1) keys.claim(String(index), 1_000);
    expect(keys.claim("100000", 1_000)).toBe(false);
    expect(keys.claim("0", 1_000)).toBe(true);
  });
});
