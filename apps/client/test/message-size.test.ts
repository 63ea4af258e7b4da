/** The size limit, in bytes of UTF-8. */

import { expect, test } from "vitest";
import { DEFAULT_MAX_MESSAGE_BYTES } from "@tidewire/protocol";
import { messageSize } from "../src/sending/message-size.ts";

test("far from the limit there is nothing to say", () => {
  expect(messageSize("", DEFAULT_MAX_MESSAGE_BYTES)).toEqual({ kind: "fine" });
  expect(messageSize("ü".repeat(20_000), DEFAULT_MAX_MESSAGE_BYTES)).toEqual({ kind: "fine" });
});

test("near the limit it counts, and the limit itself can be sent", () => {
  expect(messageSize("x".repeat(DEFAULT_MAX_MESSAGE_BYTES), DEFAULT_MAX_MESSAGE_BYTES)).toEqual({
    kind: "near",
    text: "65,536 of 65,536 bytes",
  });
});

test("bytes count, not characters", () => {
  expect(messageSize(`${"ü".repeat(32_768)}x`, DEFAULT_MAX_MESSAGE_BYTES)).toEqual({
    kind: "over",
    text: "65,537 of 65,536 bytes: too long to send. Shorten it by 1 byte.",
  });
});
