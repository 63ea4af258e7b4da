import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import {
  CLOSE_CODES,
  DEFAULT_HISTORY_LIMIT,
  DEFAULT_MAX_FRAME_BYTES,
  DEFAULT_MAX_MESSAGE_BYTES,
  ERROR_CODES,
  MAX_DATA_DEPTH,
  MAX_HISTORY_LIMIT,
  MAX_KEY_LENGTH,
  MAX_MESSAGES_PER_FRAME,
  MAX_POSITION_LENGTH,
} from "../src/index.ts";
import { ANSWERS, REQUESTS } from "./vectors.ts";

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
  const known = Object.entries(ERROR_CODES).map(([code, { status, retry }]) => [code, String(status), retry]);
  expect(written.map(([code, status, retry]) => [code, status, retry === "yes"])).toEqual(known);
});

test("the specification gives every message a section, with every field that its vectors have", () => {
  const messages = [...REQUESTS.map(({ request }) => request), ...ANSWERS.map(({ message }) => message)];
  const fieldsOf = new Map<string, Set<string>>();
  for (const message of messages) {
    if (!message) continue;
    const fields = fieldsOf.get(message.type) ?? new Set();
    fieldsOf.set(message.type, fields);
    for (const field of Object.keys(message)) fields.add(field);
  }
  // The vectors show that it is passed over.
  fieldsOf.get("gap")?.delete("since");
  const written = Object.fromEntries(
    TEXT.split("\n#### ")
      .slice(1)
      .map((section) => [
        /^`(\w+)`/.exec(section)?.[1],
        Array.from(
          section.split("\n#")[0]?.matchAll(/^\| `(\w+)`/gm) ?? [],
          ([, field = ""]) => field,
        ).toSorted(),
      ]),
  );
  const known = Object.fromEntries(Array.from(fieldsOf, ([type, fields]) => [type, [...fields].toSorted()]));
  expect(written).toEqual(known);
});

test.each([
  ["MAX_MESSAGES_PER_FRAME", MAX_MESSAGES_PER_FRAME],
  ["MAX_DATA_DEPTH", MAX_DATA_DEPTH],
  ["MAX_KEY_LENGTH", MAX_KEY_LENGTH],
  ["MAX_POSITION_LENGTH", MAX_POSITION_LENGTH],
  ["MAX_HISTORY_LIMIT", MAX_HISTORY_LIMIT],
  ["DEFAULT_HISTORY_LIMIT", DEFAULT_HISTORY_LIMIT],
  ["DEFAULT_MAX_MESSAGE_BYTES", DEFAULT_MAX_MESSAGE_BYTES],
  ["DEFAULT_MAX_FRAME_BYTES", DEFAULT_MAX_FRAME_BYTES],
])("the specification says the limit %s", (_name, value) => {
  expect(TEXT).toMatch(new RegExp(`\\b${value.toLocaleString("en-GB")}\\b`));
});
