import { describe, expect, test } from "vitest";
import { parseExactJson } from "@tidewire/protocol";
import { type Form, lineOf, messageOf } from "../src/message.ts";

const PLAIN: Form = { isJson: false, hasPositions: false };

describe("the line of a message", () => {
  test.each([
    ["text as it is", "grüße, 5 %", "grüße, 5 %"],
    ["empty text as an empty line", "", ""],
    ["text with tabs as it is", "a\tb", "a\tb"],
    ["a text with line breaks as a JSON string", "one\r\ntwo", String.raw`"one\r\ntwo"`],
    ["what a terminal would obey as a JSON string", "\u001B[2J\u009B", String.raw`"\u001b[2J\u009b"`],
    ["what some programs take for a line break as well", "a\u2028b\u0085", String.raw`"a\u2028b\u0085"`],
    ["a text that looks like a JSON string as one", '"quoted"', String.raw`"\"quoted\""`],
    ["a text that looks like Base64 as a JSON string", "base64:AAAA", '"base64:AAAA"'],
    ["JSON without white space, its numbers as they were", '{\n "a": [1.0, 1e400]\n}', '{"a":[1.0,1e400]}'],
    ["control characters inside of JSON escaped", '["\u009B"]', String.raw`["\u009b"]`],
    ["what is nearly JSON as the text it is", '{"a":', '{"a":'],
    ["a number as the text it is", "007", "007"],
  ])("is %s", (_name, payload, line) => {
    expect(lineOf(messageOf(Buffer.from(payload)), PLAIN)).toBe(line);
  });

  test("is marked Base64 for what is not UTF-8", () => {
    expect(lineOf(messageOf(Buffer.from([0xff, 0x00])), PLAIN)).toBe("base64:/wA=");
  });

  test("is the text of JSON that is nested deeper than a message may be", () => {
    const deep = `${"[".repeat(65)} ${"]".repeat(65)}`;
    expect(lineOf(messageOf(Buffer.from(deep)), PLAIN)).toBe(deep);
  });

  test("begins with the position and a tab if that is wanted, also where there is none", () => {
    const form = { ...PLAIN, hasPositions: true };
    expect(lineOf(messageOf(Buffer.from("a"), "p1"), form)).toBe("p1\ta");
    expect(lineOf(messageOf(Buffer.from("a")), form)).toBe("\ta");
  });

  test("is the whole object of the gateway as JSON, with fields that are not known and every digit", () => {
    const text =
      '{"position":"p1","time":1700000000000,"sender":"7","data":{"n":12345678901234567890},"new":1.50}';
    const form = { isJson: true, hasPositions: true };
    expect(lineOf(parseExactJson(text) as object, form)).toBe(text);
    expect(lineOf(messageOf(Buffer.from([0xff]), "p1"), form)).toBe('{"position":"p1","base64":"/w=="}');
  });
});
