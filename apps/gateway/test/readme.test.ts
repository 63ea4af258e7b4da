import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { ChannelRuleInput } from "../src/channel-rules.ts";
import { parseFlags } from "../src/flags.ts";
import { Limits } from "../src/limits.ts";

const ROOT = new URL("../../../", import.meta.url);
const README = readFileSync(new URL("README.md", ROOT), "utf8");
const ARCHITECTURE = readFileSync(new URL("docs/ARCHITECTURE.md", ROOT), "utf8");

describe("the documents", () => {
  test("list exactly the gateway's limits and defaults", () => {
    const rows = README.matchAll(/^\| `(\w+)` +\| (\d+) +\|/gm);
    const written = Object.fromEntries(Array.from(rows, ([, name, value]) => [name, Number(value)]));
    expect(written).toEqual(Limits.parse({}));
  });

  test("name every flag", () => {
    const words = parseFlags(["--help"]).text?.match(/--[a-z-]+/g) ?? [];
    const elsewhere = new Set(["--version", "--filter", "--help"]);
    expect(words.filter((word) => !elsewhere.has(word) && !README.includes(`\`${word}\``))).toEqual([]);
  });

  test("list exactly the keys of a channel's rule, and their defaults", () => {
    const rows = README.matchAll(
      /^\| `(\w+)` +\| (?:`([^`]+)`|the limit below|none of their own|nothing) +\|/gm,
    );
    const written = Array.from(rows, ([, key, value]) => [key, value]).filter(
      ([key = ""]) => key in ChannelRuleInput.shape,
    );
    const defaults: Readonly<Record<string, unknown>> = ChannelRuleInput.parse({});
    const known = Object.keys(ChannelRuleInput.shape).map((key) => [
      key,
      defaults[key] === undefined ? undefined : JSON.stringify(defaults[key]),
    ]);
    expect(written).toEqual(known);
  });

  test("name only tests that there are", () => {
    const named = Array.from(ARCHITECTURE.matchAll(/`(\w+)\/test\/([\w-]+)`((?:: | and )?“[^”]+”)/g));
    expect(named.length).toBeGreaterThan(10);
    for (const [, folder, file, quoted = ""] of named) {
      const candidates = ["apps", "packages", "."].flatMap((group) =>
        [`${file}.test.ts`, `${file}.ts`].map((name) => new URL(`${group}/${folder}/test/${name}`, ROOT)),
      );
      const source = candidates.find(existsSync);
      const title = /“([^”…]+)/.exec(quoted)?.[1] ?? "";
      expect(source && readFileSync(source, "utf8"), `${folder}/test/${file}: ${title}`).toContain(title);
    }
  });
});
