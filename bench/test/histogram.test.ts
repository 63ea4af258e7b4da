import { expect, test } from "vitest";
import { Histogram } from "../src/histogram.ts";

/** Values that look random and are the same each time: from nanoseconds to hours, as many small as large. */
function someValues(seed: number): number[] {
  let state = seed;
  return Array.from({ length: 10_000 }, () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return Math.floor(2 ** ((state / 2 ** 32) * 44));
  });
}

test.each([1, 2, 3])("quantiles are those of the sorted values, to 1 part in 64 (seed %d)", (seed) => {
  const values = someValues(seed);
  const histogram = new Histogram();
  for (const value of values) histogram.add(value);
  const sorted = values.toSorted((a, b) => a - b);

  for (const quantile of [0.001, 0.01, 0.25, 0.5, 0.9, 0.99, 0.999, 1]) {
    const exact = sorted[Math.ceil(quantile * sorted.length) - 1] ?? Number.NaN;
    expect(histogram.at(quantile), `quantile ${quantile}`).toBeGreaterThanOrEqual(exact);
    expect(histogram.at(quantile), `quantile ${quantile}`).toBeLessThanOrEqual(exact * (1 + 1 / 64));
  }
});

test("the greatest value and small ones are exact", () => {
  const histogram = new Histogram();
  for (const value of [1_000_003, 3, 63]) histogram.add(value);

  expect([0.1, 0.5, 1].map((quantile) => histogram.at(quantile))).toEqual([3, 63, 1_000_003]);
});

test("without values, and after a reset, quantiles are 0", () => {
  const histogram = new Histogram();
  expect(histogram.at(0.5)).toBe(0);

  histogram.add(5);
  histogram.reset();

  expect([histogram.at(0.5), histogram.at(1)]).toEqual([0, 0]);
});
