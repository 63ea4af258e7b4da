import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { CLOSE_CODES, ERROR_CODES } from "../src/index.ts";

const TEXT = readFileSync(new URL("../PROTOCOL.md", import.meta.url), "utf8");

/** The cells of each table row whose first cell matches. */
function rows(first: RegExp): string[][] {
  return TEXT.split("\n")
    .filter((line) => line.startsWith("| "))
    .map((line) =>
      line
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim().replaceAll("`", "")),
    )
    .filter(([cell]) => cell !== undefined && first.test(cell));
}

test("the specification lists exactly the close codes that there are", () => {
  const written = rows(/^\d{4}$/).map(([code, name, comeBack]) => [Number(code), name, comeBack === "yes"]);
  const known = Object.entries(CLOSE_CODES).map(([name, { code, reconnect }]) => [code, name, reconnect]);
  expect(written).toEqual(known);
});

test("the specification lists exactly the error codes that there are", () => {
  const written = rows(/^[a-z_]+$/).filter(([, status]) => /^\d{3}$/.test(status ?? ""));
  const known = Object.entries(ERROR_CODES).map(([code, { status }]) => [code, String(status)]);
  expect(written.map(([code, status]) => [code, status])).toEqual(known);
});
