/** What a person is told about the connection. */

import { expect, test } from "vitest";
import { closeVerdict } from "../src/close-verdict.ts";
import { isMessageRefused } from "../src/connection-state.ts";
import { connectionText } from "../src/connection-text.ts";

const host = "127.0.0.1:1234";

test("only an open connection lets the person send", () => {
  const { failure } = closeVerdict({ code: 1006, reason: "", wasOpen: true });
  expect(connectionText({ kind: "open", isDeviceOffline: false }, host).blocked).toBeUndefined();
  for (const state of [
    { kind: "idle" },
    { kind: "connecting", failure: undefined },
    { kind: "waiting", failure, retryAtMs: 0 },
    { kind: "offline" },
    { kind: "stopped", failure, canRetry: true },
  ] as const) {
    expect(connectionText(state, host).blocked).toContain("Your text stays here.");
  }
});

test("the words do not change between waiting and trying, so that they are not read out again", () => {
  const { failure } = closeVerdict({ code: 1006, reason: "", wasOpen: false });
  const waiting = connectionText({ kind: "waiting", failure, retryAtMs: 0 }, host);
  const trying = connectionText({ kind: "connecting", failure }, host);
  expect([trying.title, trying.detail]).toEqual([waiting.title, waiting.detail]);
});

test("the gateway's own reason is shown", () => {
  const { failure } = closeVerdict({ code: 1009, reason: "70000 bytes", wasOpen: true });
  expect(failure.title).toBe("Message too large");
  expect(failure.detail).toBe("The gateway says: 70000 bytes (code 1009)");
  expect(isMessageRefused({ kind: "waiting", failure, retryAtMs: 0 })).toBe(true);
});

test("a refused upgrade is told as what browsers make of it", () => {
  const { failure } = closeVerdict({ code: 1006, reason: "", wasOpen: false });
  expect(failure.title).toBe("Cannot reach the gateway");
});
