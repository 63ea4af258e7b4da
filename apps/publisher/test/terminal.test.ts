/** What the commands say beside their output, to one who reads both as one. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";

const TERMINAL = join(import.meta.dirname, "../src/terminal.ts");

/** It fills the pipe to the last byte, so that there is no room for what is said then, and tells over its third one. */
const PROGRAM = `
  import { writeSync } from "node:fs";
  import { print, remark } from ${JSON.stringify(TERMINAL)};
  for (let page = 0; page < 16; page += 1) await print("x".repeat(4095));
  const said = remark("gap").then(() => print("after it"));
  setImmediate(() => writeSync(3, "full"));
  await said;
`;

test("a remark comes before what is printed after it, also where there is no room for it yet", async () => {
  const line = '"$0" --input-type=module -e "$1" 2>&1 | { read -r go <&4; cat; }';
  const stdio = ["ignore", "pipe", "ignore", "pipe", "pipe"] as const;
  const child = spawn("sh", ["-c", line, process.execPath, PROGRAM], { stdio: [...stdio] });
  const [, output, , full, go] = child.stdio as unknown as Readable[];
  await once(full as Readable, "data");
  (go as unknown as Writable).end("go\n");
  const lines = (await text(output as Readable)).split("\n");
  expect(lines.filter((each) => !each.startsWith("x"))).toEqual(["gap", "after it", ""]);
});
