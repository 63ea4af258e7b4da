import { describe, expect, test } from "vitest";
import { KnownKeys } from "../src/known-keys.ts";

describe("known keys", () => {
  test("a name is free until it is claimed, and again when its time is over", () => {
    let nowMs = 1_000;
    const keys = new KnownKeys<string>(() => nowMs);
    expect(keys.find("a")).toBeUndefined();
    keys.claim("a", 500, "first");
    nowMs += 499;
    expect(keys.find("a")).toBe("first");
    nowMs += 1;
    expect(keys.find("a")).toBeUndefined();
    keys.claim("a", 500, "second");
    expect(keys.find("a")).toBe("second");
  });

  test("a long claim does not keep a short one behind it alive", () => {
    let nowMs = 0;
    const keys = new KnownKeys<true>(() => nowMs);
    keys.claim("long", 10_000, true);
    keys.claim("short", 10, true);
    nowMs = 11;
    expect(keys.find("short")).toBeUndefined();
  });

  test("of too many names the oldest are forgotten early", () => {
    const keys = new KnownKeys<true>(() => 0);
    for (let index = 0; index <= 100_000; index += 1) keys.claim(String(index), 1_000, true);
    expect(keys.find("100000")).toBe(true);
    expect(keys.find("0")).toBeUndefined();
  });
});
