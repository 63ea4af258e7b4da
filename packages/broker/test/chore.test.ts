/** Work whose steps the test lets end. */
import { expect, test } from "vitest";
import { Chore } from "../src/chore.ts";

function begin() {
  const steps: ((hasMore: boolean) => void)[] = [];
  const chore = new Chore(() => new Promise((resolve) => steps.push(resolve)));
  const end = async (hasMore: boolean) => {
    steps.at(-1)?.(hasMore);
    await new Promise(setImmediate);
  };
  return { chore, steps, end };
}

test("a chore is done once more for all reasons that came meanwhile, and never twice at a time", async () => {
  const { chore, steps, end } = begin();
  chore.call();
  chore.call();
  chore.call();
  expect(steps).toHaveLength(1);
  await end(false);
  expect(steps).toHaveLength(2);
  await end(false);
  expect(steps).toHaveLength(2);
  chore.call();
  expect(steps).toHaveLength(3);
});

test("a chore goes on while there is more, and a reason that came in between is not forgotten", async () => {
  const { chore, steps, end } = begin();
  chore.call();
  await end(true);
  expect(steps).toHaveLength(2);
  chore.call();
  await end(true);
  await end(false);
  expect(steps).toHaveLength(4);
  await end(false);
  expect(steps).toHaveLength(4);
});
