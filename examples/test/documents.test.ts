import { globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { shellBlocksIn, withoutComment } from "./shell-blocks.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const DOCUMENTS = globSync("**/*.md", { cwd: ROOT, exclude: ["**/node_modules"] });
const TESTS = globSync("*.test.ts", { cwd: import.meta.dirname }).filter(
  (name) => name !== "documents.test.ts",
);

/** The commands of a document that it does not say are run by nobody. */
function claimedCommandsIn(document: string): string[] {
  return shellBlocksIn(readFileSync(`${ROOT}${document}`, "utf8"))
    .filter(({ isMarked }) => !isMarked)
    .flatMap(({ commands }) => commands.map(withoutComment));
}

function sourceOf(name: string): string {
  return readFileSync(`${import.meta.dirname}/${name}`, "utf8");
}

/** Documents that a test goes through. */
function walkedDocuments(): string[] {
  return TESTS.flatMap((name) => [...sourceOf(name).matchAll(/new Walkthrough\("([^"]+)"/g)]).map(
    ([, document = ""]) => document,
  );
}

function count(source: string, text: string): number {
  return source.split(text).length - 1;
}

test("whoever walks a document goes to its end", () => {
  const early = TESTS.map((name) => ({ name, source: sourceOf(name) })).filter(
    ({ source }) =>
      count(source, "new Walkthrough(") !== count(source, "expect(walk.rest).toEqual([]);") ||
      count(source, "new Walkthrough(") !== count(source, 'new Walkthrough("') ||
      /\.(skip|todo|fails)/.test(source),
  );
  expect(early.map(({ name }) => name)).toEqual([]);
});

test("each command in a document is run by a test, or the document says that it is not", () => {
  const walked = walkedDocuments();
  const run = new Set(walked.flatMap(claimedCommandsIn));
  const others = DOCUMENTS.flatMap((document) =>
    claimedCommandsIn(document)
      .filter((command) => !run.has(command))
      .map((command) => `${document}: ${command}`),
  );
  expect(others).toEqual([]);
  expect(DOCUMENTS).toEqual(expect.arrayContaining(["README.md", ...walked]));
});
