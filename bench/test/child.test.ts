import { expect, test } from "vitest";
import { run, start } from "../src/child.ts";
import { childrenOf, isAlive } from "./processes.ts";

test("a program that ends with 0 resolves to what it printed", async () => {
  expect(await run("sh", ["-c", "echo fine; echo beside >&2"])).toBe("fine\n");
});

test("a program that fails rejects with its name, its end and what it said", async () => {
  await expect(run("sh", ["-c", "echo oh no >&2; exit 3"])).rejects.toThrow("sh ended with 3: oh no");
  await expect(run("sh", ["-c", "kill -9 $$"])).rejects.toThrow("sh ended with SIGKILL");
});

test("a program that can't be started rejects with the reason", async () => {
  await expect(run("/no/such/program", [])).rejects.toThrow(/ENOENT/);
});

test("what has ended says so, and what runs does not", async () => {
  await using child = start("cat", []);
  expect(child.failure).toBeUndefined();

  child.kill("SIGTERM");
  await expect(child.success).rejects.toThrow("SIGTERM");

  expect(child.failure).toMatch(/^cat ended with SIGTERM/);
});

test("a program that is disposed of ends, and with it what it has started itself", async () => {
  const child = start("sh", ["-c", "trap '' HUP; sleep 600 & wait"]);
  await expect.poll(() => childrenOf(child.pid)).toHaveLength(1);
  const grandchildren = childrenOf(child.pid);

  await child[Symbol.asyncDispose]();

  expect(isAlive(child.pid)).toBe(false);
  await expect.poll(() => grandchildren.filter(isAlive)).toEqual([]);
});

test("a program that ignores SIGTERM ends all the same", async () => {
  const child = start("sh", ["-c", "trap '' TERM; sleep 600 & wait; wait; while :; do wait; sleep 1; done"]);
  await expect.poll(() => childrenOf(child.pid)).not.toEqual([]);

  await child[Symbol.asyncDispose]();

  expect(child.failure).toMatch(/^sh ended with SIGKILL/);
});
