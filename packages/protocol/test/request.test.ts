import { describe, expect, test } from "vitest";
import { decodeRequest, MAX_MESSAGES_PER_FRAME, splitFrame } from "../src/index.ts";

describe("a frame", () => {
  test("holds one line or several; empty ones are passed over", () => {
    expect(splitFrame("a")).toEqual(["a"]);
    expect(splitFrame("a\nb\n\nc\n")).toEqual(["a", "b", "c"]);
    for (const blank of ["", "\n", " \r\n\t"]) expect(splitFrame(blank)).toEqual([]);
  });

  test("holds so many lines and no more, empty ones counted", () => {
    expect(splitFrame("x\n".repeat(MAX_MESSAGES_PER_FRAME))).toHaveLength(MAX_MESSAGES_PER_FRAME);
    expect(splitFrame("x\n".repeat(MAX_MESSAGES_PER_FRAME + 1))).toBeUndefined();
    expect(splitFrame(`${"\n".repeat(MAX_MESSAGES_PER_FRAME)}x`)).toBeUndefined();
  });
});

describe("a request", () => {
  test("nested as deep as its length allows is no fault of ours", () => {
    const deep = "[".repeat(100_000);
    expect(decodeRequest(`{"id":1,"type":"publish","channel":"c","data":${deep}`)).toEqual({
      kind: "malformed",
    });
    const closed = `{"id":1,"type":"publish","channel":"c","data":${deep}${"]".repeat(100_000)}}`;
    expect(decodeRequest(closed).kind).not.toBe("request");
  });
});
