import { describe, expect, test } from "vitest";
import type { Publication } from "@tidewire/broker";
import { MAX_DATA_DEPTH } from "@tidewire/protocol";
import { createV1Form } from "../src/v1-form.ts";
import { toPublication } from "../src/v1-publication.ts";

const FORM = createV1Form(() => 1_760_000_000_000);

function lineOf(publication: Partial<Publication> & { readonly text?: string }): string {
  const payload = publication.payload ?? Buffer.from(publication.text ?? "");
  return FORM.encode("room:1", { ...publication, payload }).toString();
}

/** The part of the line that stands for the payload. */
function payloadPart(text: string, format?: "text" | "json"): string {
  const line = lineOf({ text, ...(format && { format }) });
  return line.slice('{"type":"message","channel":"room:1","time":1760000000000,'.length, -1);
}

function nested(depth: number): string {
  return "[".repeat(depth) + "]".repeat(depth);
}

function lines(count: number, length: number): Buffer[] {
  return Array.from({ length: count }, (_, index) => Buffer.from(String(index).padEnd(length, ".")));
}

/** The payloads of the frames in `bytes`. */
function payloads(bytes: Buffer): string[] {
  const found: string[] = [];
  for (let at = 0; at < bytes.length;) {
    expect(bytes[at]).toBe(0x81);
    const size = bytes[at + 1] ?? 0;
    const [start, length] =
      size < 126
        ? [at + 2, size]
        : size === 126
          ? [at + 4, bytes.readUInt16BE(at + 2)]
          : [at + 10, Number(bytes.readBigUInt64BE(at + 2))];
    found.push(bytes.toString("utf8", start, start + length));
    at = start + length;
  }
  return found;
}

describe("a publication in v1", () => {
  test("is one line with channel, sender and time", () => {
    expect(lineOf({ text: "hi", sender: "7" })).toBe(
      '{"type":"message","channel":"room:1","sender":"7","time":1760000000000,"data":"hi"}',
    );
  });

  test.each([
    ["a text", "hello", '"data":"hello"'],
    ["digits", "007", '"data":"007"'],
    ["a long number", "12345678901234567890", '"data":"12345678901234567890"'],
    ["true", "true", '"data":"true"'],
    ["nothing", "", '"data":""'],
    ["an object", '{"a": 1}', '"data":{"a": 1}'],
    ["an array", "[1,2]", '"data":[1,2]'],
    ["white space before an object", ' \t{"a":1}', '"data": \t{"a":1}'],
    ["what only begins like an object", "{hello}", '"data":"{hello}"'],
    ["two objects", "{}{}", '"data":"{}{}"'],
    [
      "digits inside of an object",
      '{"id":12345678901234567890,"x":1.10}',
      '"data":{"id":12345678901234567890,"x":1.10}',
    ],
  ])("shows a raw payload, %s, as what it can hardly be mistaken for", (_name, text, part) => {
    expect(payloadPart(text)).toBe(part);
  });

  test("can't forge a line", () => {
    const forged = '{"a":1,\r\n"b":[\n]}\n';
    expect(payloadPart(forged)).toBe('"data":{"a":1,  "b":[ ]} ');
    expect(payloadPart("x\n{}")).toBe('"data":"x\\n{}"');
    expect(payloadPart('{"a":"x\n"}')).toBe('"data":"{\\"a\\":\\"x\\n\\"}"');
  });

  test("that is nested too deep is a string", () => {
    expect(payloadPart(nested(MAX_DATA_DEPTH))).toBe(`"data":${nested(MAX_DATA_DEPTH)}`);
    expect(payloadPart(nested(MAX_DATA_DEPTH + 1))).toBe(`"data":"${nested(MAX_DATA_DEPTH + 1)}"`);
    expect(payloadPart(nested(100_000))).toBe(`"data":"${nested(100_000)}"`);
  });

  test("follows the publisher's word on what it is, where that can be", () => {
    expect(payloadPart('{"a":1}', "text")).toBe('"data":"{\\"a\\":1}"');
    expect(payloadPart("7", "json")).toBe('"data":7');
    expect(payloadPart("not json", "json")).toBe('"data":"not json"');
  });

  test("that is not UTF-8 comes as Base64", () => {
    expect(lineOf({ payload: Buffer.of(0xff, 0xfe) })).toContain('"base64":"//4="}');
  });
});

describe("what a v1 client publishes", () => {
  test.each([["a text"], ["007"], ['{"a":1}'], [""], [7], [1e300], [null], [true], [{ a: [1] }], [[]]])(
    "comes back as it was meant: %j",
    (data) => {
      const { payload, format } = toPublication(data);
      const line = FORM.encode("c", { payload, ...(format && { format }) }).toString();
      expect((JSON.parse(line) as { data: unknown }).data).toEqual(data);
    },
  );

  test("travels bare unless it could be mistaken", () => {
    for (const data of ["hello", "007", { a: 1 }, [1]])
      expect(toPublication(data)).not.toHaveProperty("format");
    expect(toPublication('{"a":1}').format).toBe("text");
    expect(toPublication(7).format).toBe("json");
  });
});

describe("the lines of a turn", () => {
  test("share one frame, in order", () => {
    expect(payloads(FORM.join(lines(3, 4)))).toEqual(["0...\n1...\n2..."]);
  });

  test("are spread over frames of bounded length; a long line has its own", () => {
    const all = [...lines(3, 30_000), ...lines(1, 100_000), ...lines(2, 10)];
    const frames = payloads(FORM.join(all));
    expect(frames.map((frame) => frame.split("\n").length)).toEqual([2, 1, 1, 2]);
    expect(frames.join("\n")).toBe(all.join("\n"));
  });
});
