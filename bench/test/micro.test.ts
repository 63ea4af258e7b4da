import { expect, test } from "vitest";
import { microTasks } from "../src/micro-tasks.ts";

test.each(microTasks())("$name: what is timed happens in the time", async (task) => {
  await expect(Promise.resolve().then(() => task.run())).resolves.toBeUndefined();
});
