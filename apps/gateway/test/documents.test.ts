import { existsSync, globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { ChannelRuleInput } from "../src/channel-rules.ts";
import { parseFlags } from "../src/flags.ts";
import { Limits } from "../src/limits.ts";

const ROOT = new URL("../../../", import.meta.url);
const REFERENCE = readFileSync(new URL("docs/REFERENCE.md", ROOT), "utf8");

const DOCUMENTS = globSync(
  ["*.md", "docs/*.md", "{apps,packages,examples}/*/*.md", "{bench,faults,examples}/*.md"],
  {
    cwd: fileURLToPath(ROOT),
  },
);

/** Its headings, as links name them. */
function anchorsOf(text: string): readonly string[] {
  return Array.from(text.matchAll(/^#+ (.+)$/gm), ([, heading = ""]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}_ -]/gu, "")
      .replaceAll(" ", "-"),
  );
}

/** Links within the repository that lead nowhere. */
function deadLinksOf(path: string): readonly string[] {
  const here = new URL(path, ROOT);
  const links = readFileSync(here, "utf8").matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)/g);
  return Array.from(links).flatMap(([, file = "", anchor]) => {
    const target = file === "" ? here : new URL(file, here);
    const isThere =
      existsSync(target) && (!anchor || anchorsOf(readFileSync(target, "utf8")).includes(anchor));
    return isThere ? [] : [`${file}#${anchor ?? ""}`];
  });
}

describe("the documents", () => {
  test.each(DOCUMENTS)("have no dead link (%s)", (path) => {
    expect(deadLinksOf(path)).toEqual([]);
  });

  test("list exactly the gateway's limits and defaults", () => {
    const rows = REFERENCE.matchAll(/^\| `(\w+)` +\| (\d+) +\|/gm);
    const written = Object.fromEntries(Array.from(rows, ([, name, value]) => [name, Number(value)]));
    expect(written).toEqual(Limits.parse({}));
  });

  test("name every flag", () => {
    const words = parseFlags(["--help"]).text?.match(/--[a-z-]+/g) ?? [];
    const elsewhere = new Set(["--version", "--filter", "--help"]);
    expect(words.filter((word) => !elsewhere.has(word) && !REFERENCE.includes(`\`${word}\``))).toEqual([]);
  });

  test("list exactly the keys of a channel's rule, and their defaults", () => {
    const rows = REFERENCE.matchAll(
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

  test.each(["ARCHITECTURE", "GUARANTEES"])("name only tests that there are (%s)", (name) => {
    const text = readFileSync(new URL(`docs/${name}.md`, ROOT), "utf8");
    const named = Array.from(text.matchAll(/`(\w+)\/test\/([\w-]+)`((?:: | and )?“[^”]+”)/g));
    expect(named.length).toBeGreaterThan(10);
    for (const [, folder, file, quoted = ""] of named) {
      const candidates = ["apps/", "packages/", ""].flatMap((group) =>
        [`${file}.test.ts`, `${file}.ts`].map((path) => new URL(`${group}${folder}/test/${path}`, ROOT)),
      );
      const source = candidates.find(existsSync);
      const title = /“([^”…]+)/.exec(quoted)?.[1] ?? "";
      expect(source && readFileSync(source, "utf8"), `${folder}/test/${file}: ${title}`).toContain(title);
    }
  });
});
