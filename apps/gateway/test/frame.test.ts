import { readFrames } from "@tidewire/testkit";
import { describe, expect, test } from "vitest";
import { encodeFrame } from "../src/frame.ts";

describe("a frame", () => {
  test.each([0, 1, 125, 126, 127, 65_535, 65_536, 200_000])(
    "of %i bytes is read back whole",
    async (length) => {
      const payload = Buffer.alloc(length, "x");
      expect(await readFrames(encodeFrame(payload))).toEqual([{ data: payload, isBinary: false }]);
    },
  );

  test("is text when the payload is valid UTF-8, and binary when not", async () => {
    const wave = Buffer.from("🌊");
    const half = wave.subarray(0, 2);
    const frames = Buffer.concat([encodeFrame(wave), encodeFrame(half)]);
    expect(await readFrames(frames)).toEqual([
      { data: wave, isBinary: false },
      { data: half, isBinary: true },
    ]);
  });

  test("is a copy: the payload may be reused", () => {
    const payload = Buffer.from("before");
    const frame = encodeFrame(payload);
    payload.write("after!");
    expect(frame.subarray(2).toString()).toBe("before");
  });
});
