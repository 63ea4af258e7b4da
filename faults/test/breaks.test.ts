/** The suite can fail: gateways that are broken on purpose, each in one way, are caught. */
import { fileURLToPath } from "node:url";
import { run } from "@tidewire/testkit";
import { describe, expect, test } from "vitest";
import type { FindingKind } from "../src/finding.ts";
import type { Schedule } from "../src/schedule.ts";
import { importOf } from "./breaks/import-of.ts";
import { playShort, shortSchedule } from "./short-round.ts";

interface Break {
  readonly name: string;
  readonly fault: string;
  readonly changes?: Partial<Schedule>;
  readonly kind: FindingKind;
}

const BREAKS: readonly Break[] = [
  { name: "no-gap-fill", fault: "lost-doorbells", kind: "lost in silence" },
  { name: "no-dedupe", fault: "subscriber-blackhole", changes: { lengthMs: 2_500 }, kind: "duplicated" },
  { name: "always-complete", fault: "trimmed", kind: "false complete" },
  {
    name: "no-epoch-check",
    fault: "redis-kill",
    changes: { persistence: "snapshot", lengthMs: 1_000, leadMs: 1_000 },
    kind: "false complete",
  },
  {
    name: "early-acknowledgement",
    fault: "redis-kill",
    changes: { persistence: "durable", lengthMs: 1_000 },
    kind: "acknowledged and gone",
  },
  {
    name: "no-idempotency",
    fault: "lost-acknowledgements",
    changes: { lengthMs: 1_000 },
    kind: "duplicated",
  },
  {
    name: "no-live-gap",
    fault: "redis-kill",
    changes: { persistence: "none", lengthMs: 1_000 },
    kind: "lost in silence",
  },
];

describe("a gateway that is broken on purpose is caught", () => {
  test.each(BREAKS)("$name: $kind", async ({ name, fault, changes = {}, kind }) => {
    const { verdict } = await playShort(shortSchedule(fault, 1, changes), importOf(name));
    expect(verdict.findings.map((finding) => finding.kind)).toContain(kind);
  });
});

describe("a break", () => {
  test("whose piece is not in the source ends the start", async () => {
    const module = fileURLToPath(new URL("./breaks/replace-text.ts", import.meta.url));
    const script = `import { replaceText } from ${JSON.stringify(module)};
      replaceText("apps/gateway/src/main.ts", "nothing like this", "");`;
    const { exit, stderr } = await run(process.execPath, ["--input-type=module", "--eval", script]);
    expect(exit).toBe(1);
    expect(stderr).toMatch(/main\.ts holds this 0 times: nothing like this/);
  });
});
