import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import {
  CLOSE_CODES,
  DEFAULT_HISTORY_LIMIT,
  DEFAULT_MAX_FRAME_BYTES,
  DEFAULT_MAX_MESSAGE_BYTES,
  DEFAULT_PRESENCE_LIMIT,
  ERROR_CODES,
  MAX_DATA_DEPTH,
  MAX_AFTER_LENGTH,
  MAX_HISTORY_LIMIT,
  MAX_INFO_BYTES,
  MAX_KEY_LENGTH,
  MAX_MESSAGES_PER_FRAME,
  MAX_POSITION_LENGTH,
  MAX_PRESENCE_LIMIT,
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

/** The fields of each section for a message. */
function fieldsWritten(text: string): Record<string, Set<string>> {
  return Object.fromEntries(
    text
      .split("\n#### ")
      .slice(1)
      .map((section) => [
        /^`(\w+)`/.exec(section)?.[1],
        new Set(
          Array.from(section.split("\n#")[0]?.matchAll(/^\| `(\w+)`/gm) ?? [], ([, field = ""]) => field),
        ),
      ]),
  );
}

/** The fields that the messages of each type have between them. */
function fieldsOf(messages: readonly ({ readonly type: string } | undefined)[]): Record<string, Set<string>> {
  const fields: Record<string, Set<string>> = {};
  for (const message of messages) {
    if (!message) continue;
    for (const field of Object.keys(message)) (fields[message.type] ??= new Set()).add(field);
  }
  return fields;
}

test("the specification gives every message a section, with every field that its vectors have", () => {
  const [requests = "", answers = ""] = TEXT.split("\n### What a gateway replies\n");
  const answersOfVectors = fieldsOf(ANSWERS.map(({ message }) => message));
  // The vectors show that it is passed over.
  answersOfVectors["gap"]?.delete("since");
  expect(fieldsWritten(requests)).toEqual(fieldsOf(REQUESTS.map(({ request }) => request)));
  expect(fieldsWritten(answers)).toEqual(answersOfVectors);
});

test.each([
  ["MAX_MESSAGES_PER_FRAME", MAX_MESSAGES_PER_FRAME],
  ["MAX_DATA_DEPTH", MAX_DATA_DEPTH],
  ["MAX_KEY_LENGTH", MAX_KEY_LENGTH],
  ["MAX_POSITION_LENGTH", MAX_POSITION_LENGTH],
  ["MAX_HISTORY_LIMIT", MAX_HISTORY_LIMIT],
  ["DEFAULT_HISTORY_LIMIT", DEFAULT_HISTORY_LIMIT],
  ["MAX_INFO_BYTES", MAX_INFO_BYTES],
  ["MAX_PRESENCE_LIMIT", MAX_PRESENCE_LIMIT],
  ["DEFAULT_PRESENCE_LIMIT", DEFAULT_PRESENCE_LIMIT],
  ["MAX_AFTER_LENGTH", MAX_AFTER_LENGTH],
  ["DEFAULT_MAX_MESSAGE_BYTES", DEFAULT_MAX_MESSAGE_BYTES],
  ["DEFAULT_MAX_FRAME_BYTES", DEFAULT_MAX_FRAME_BYTES],
])("the specification says the limit %s", (_name, value) => {
  expect(TEXT).toMatch(new RegExp(`\\b${value.toLocaleString("en-GB")}\\b`));
});
