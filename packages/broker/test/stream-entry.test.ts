import { describe, expect, test } from "vitest";
import { parseBell } from "../src/stream-bell.ts";
import { fieldsOf, publicationOf } from "../src/stream-entry.ts";

function given(...fields: (string | Buffer)[]) {
  const { payload, ...metadata } = publicationOf(fields.map((field) => Buffer.from(field)));
  return { text: payload.toString("latin1"), ...metadata };
}

const NOT_UTF8 = Buffer.of(0xff, 0x00);

describe("an entry of a stream", () => {
  test.each([
    ["one field", ["aaa", "1234"], { text: "1234" }],
    ["one field that is not UTF-8", ["aaa", NOT_UTF8], { text: "\xff\0" }],
    [
      "one field that looks like an envelope",
      ["a", '\u0001tw1{"sender":"x"}\u0002y'],
      { text: '\u0001tw1{"sender":"x"}\u0002y' },
    ],
    ["no field but ours", ["tidewire", '{"sender":"7"}'], { text: "", sender: "7" }],
    [
      "our field anywhere",
      ["tidewire", '{"format":"text","later":1}', "b", "2"],
      { text: "2", format: "text" },
    ],
    ["what only looks like our field", ["tidewire", '{"sender":7}'], { text: '{"sender":7}' }],
    [
      "several fields, in their order",
      ["b", "1", "1", "2", "__proto__", "3", 'q"', "4"],
      { text: '{"b":"1","1":"2","__proto__":"3","q\\"":"4"}', format: "json" },
    ],
    ["a repeated field", ["a", "1", "b", "2", "a", "3"], { text: '{"a":["1","3"],"b":"2"}', format: "json" }],
    [
      "one field, twice",
      ["a", "1", "a", NOT_UTF8],
      { text: '{"a":["1",{"base64":"/wA="}]}', format: "json" },
    ],
    [
      "values that are not UTF-8",
      ["a", NOT_UTF8, "b", ""],
      { text: '{"a":{"base64":"/wA="},"b":""}', format: "json" },
    ],
  ] as const)("is given as documented: %s", (_name, fields, publication) => {
    expect(given(...fields)).toEqual(publication);
  });

  test("may have names that are not UTF-8", () => {
    const { payload } = publicationOf([NOT_UTF8, Buffer.from("1"), Buffer.from("b"), Buffer.from("2")]);
    expect(JSON.parse(payload.toString())).toEqual({ "\ufffd\0": "1", b: "2" });
  });

  test("has the publication that it was made of", () => {
    const publication = { payload: NOT_UTF8, sender: "a\n\u0001", format: "text", origin: "c" } as const;
    expect(publicationOf(fieldsOf(publication))).toEqual(publication);
    expect(() => fieldsOf({ ...publication, sender: "x".repeat(5_000) })).toThrow(RangeError);
  });
});

describe("a doorbell", () => {
  test.each([
    "",
    "\n",
    "a b\n",
    "e.1-0.- e.2-0.-\n",
    "e.1-0.- e.2-0.- {\n",
    `e.1-0.- e.2-0.- ${"x".repeat(10_000)}\n`,
  ])("that no append has rung says nothing: %.20j", (text) => {
    expect(parseBell(Buffer.from(text))).toBeUndefined();
  });

  test("brings the entry and where it comes behind", () => {
    const bytes = Buffer.from('e.1-0.- e.2-0.0123abcd {"sender":"a b"}\nline 1\nline 2');
    expect(parseBell(bytes)).toEqual({
      before: { epoch: "e", id: "1-0", digest: "-" },
      entry: {
        position: { epoch: "e", id: "2-0", digest: "0123abcd" },
        publication: { sender: "a b", payload: Buffer.from("line 1\nline 2") },
      },
    });
  });
});
