import { Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import { MAX_LINE_BYTES, messages } from "../src/source.ts";

const NEVER = new AbortController().signal;

function chunks(...parts: (string | Buffer)[]): Readable {
  return Readable.from(parts.map((part) => Buffer.from(part)));
}

async function linesOf(...parts: (string | Buffer)[]): Promise<Buffer[]> {
  const lines: Buffer[] = [];
  for await (const line of messages({ kind: "lines" }, chunks(...parts), NEVER)) lines.push(line);
  return lines;
}

describe("lines", () => {
  test.each([
    ["one by one", ["a\nb\n"], ["a", "b"]],
    ["across pieces", ["a", "b\nc", "\n"], ["ab", "c"]],
    ["with CRLF", ["a\r\nb\r\n"], ["a", "b"]],
    ["with CRLF across pieces", ["a\r", "\nb"], ["a", "b"]],
    ["empty ones too", ["a\n\nb\n"], ["a", "", "b"]],
    ["the last without an end", ["a\nb"], ["a", "b"]],
    ["none in an empty input", [], []],
  ])("are read %s", async (_name, input, lines) => {
    expect((await linesOf(...input)).map(String)).toEqual(lines);
  });

  test("keep bytes that are not UTF-8", async () => {
    const bytes = Buffer.from([0xff, 0xfe, 0x00]);
    expect(await linesOf(Buffer.concat([bytes, Buffer.from("\n")]))).toEqual([bytes]);
  });

  test("that never end are refused instead of filling the memory", async () => {
    const piece = Buffer.alloc(MAX_LINE_BYTES, "x");
    await expect(linesOf(piece, "x")).rejects.toThrow(RangeError);
  });
});
