import { describe, expect, test } from "vitest";
import { areBells } from "../src/faults/links.ts";
import { encodeCommand, parseReply, wholeReplies } from "../src/resp.ts";

const message = (name: string) => encodeCommand(["message", name, "payload"]);

describe("RESP", () => {
  test("is read reply by reply, and not before a reply is whole", () => {
    const text = Buffer.from("*3\r\n$3\r\nhé\r\n:7\r\n$-1\r\n+OK\r\n");
    const first = parseReply(text);
    expect(first?.reply).toEqual(["hé", 7, null]);
    expect(parseReply(text, first?.end)?.reply).toBe("OK");
    for (let length = 0; length < (first?.end ?? 0); length += 1) {
      expect(parseReply(text.subarray(0, length))).toBeUndefined();
    }
  });

  test("tells an error from a text", () => {
    expect(parseReply(Buffer.from("-ERR no\r\n"))?.reply).toEqual(new Error("ERR no"));
  });

  test("is written as commands", () => {
    expect(encodeCommand(["PUBLISH", "é"]).toString()).toBe("*2\r\n$7\r\nPUBLISH\r\n$2\r\né\r\n");
  });

  test("in pieces is not taken for whole replies", () => {
    expect(wholeReplies(Buffer.from("+OK\r\n+O"))).toBeUndefined();
    expect(wholeReplies(Buffer.from("K\r\n"))).toBeUndefined();
  });
});

describe("doorbells", () => {
  test("are told from all else that comes on the same connection", () => {
    expect(areBells(message("tidewire:bell:kept:1"))).toBe(true);
    expect(areBells(message("tidewire:probe:1"))).toBe(false);
    expect(areBells(Buffer.concat([message("tidewire:bell:kept:1"), message("live:1")]))).toBe(false);
  });
});
