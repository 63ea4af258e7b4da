import { expect, test } from "vitest";
import { reconnectDelayMs } from "../src/reconnect-delay.ts";

const always = (value: number) => () => value;

test("the delay is anything from nothing to a ceiling, which doubles up to five seconds", () => {
  const ceilings = [0, 1, 2, 3, 4, 50].map((failed) =>
    reconnectDelayMs({ failed, askedMs: undefined }, always(1)),
  );
  expect(ceilings).toEqual([500, 1_000, 2_000, 4_000, 5_000, 5_000]);
  expect(reconnectDelayMs({ failed: 50, askedMs: undefined }, always(0))).toBe(0);
});

test("the delay is never less than the gateway asked for, within a minute", () => {
  expect(reconnectDelayMs({ failed: 0, askedMs: 8_000 }, always(0))).toBe(8_000);
  expect(reconnectDelayMs({ failed: 4, askedMs: 10 }, always(1))).toBe(5_000);
  expect(reconnectDelayMs({ failed: 0, askedMs: 1e12 }, always(0))).toBe(60_000);
});
