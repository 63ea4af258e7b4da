import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import { InTurn } from "../src/in-turn.ts";

test("only so many tasks run at a time, in the order in which they came, also when some fail", async () => {
  const tasks = new InTurn(2);
  const started: number[] = [];
  const ends = Array.from({ length: 5 }, () => Promise.withResolvers<number>());
  const results = ends.map(({ promise }, index) =>
    tasks.run(() => {
      started.push(index);
      return promise;
    }),
  );
  const settled = Promise.allSettled(results);
  await turn();
  expect(started).toEqual([0, 1]);
  ends[1]?.reject(new Error("as the test says"));
  await turn();
  expect(started).toEqual([0, 1, 2]);
  for (const [index, { resolve }] of ends.entries()) resolve(index);
  const outcomes = await settled;
  expect(outcomes.map((outcome) => outcome.status === "fulfilled" && outcome.value)).toEqual([
    0,
    false,
    2,
    3,
    4,
  ]);
  expect(started).toEqual([0, 1, 2, 3, 4]);
});
