import { readFileSync } from "node:fs";
import { ERROR_CODES } from "@tidewire/protocol";
import { expect, test } from "vitest";
import { parseFlags } from "../src/flags.ts";
import { Limits } from "../src/limits.ts";

const README = readFileSync(new URL("../../../README.md", import.meta.url), "utf8");

test("the README's table of limits is the gateway's", () => {
  const rows = README.matchAll(/^\| `(\w+)` +\| (\d+) +\|/gm);
  const written = Object.fromEntries(Array.from(rows, ([, name, value]) => [name, Number(value)]));
  expect(written).toEqual(Limits.parse({}));
});

test("the README names every flag and every error code", () => {
  const flags = parseFlags(["--help"]).text?.match(/--[a-z-]+/g) ?? [];
  const codes = Object.keys(ERROR_CODES);
  for (const word of [...flags, ...codes]) {
    if (word === "--version" || word === "--filter") continue;
    expect(README).toContain(`\`${word}\``.replace("`--help`", "--help"));
  }
});
