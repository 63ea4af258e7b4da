import { expect, test } from "vitest";
import { Program } from "../src/program.ts";

test("a signal to a program with a group reaches what it has started, too", async () => {
  await using program = new Program("sh", ["-c", "sleep 3600 & echo started; wait"], { isGroup: true });
  await program.line(/^started$/);
  program.kill("SIGKILL");
  // Its output ends with the last of those that can write to it.
  expect((await program.result).exit).toBe("SIGKILL");
  // Nobody is left for another one.
  program.kill("SIGKILL");
});
