import { expect, test } from "vitest";
import { CLOSE_CODES, ERROR_CODES } from "../src/index.ts";

test("every close reason fits into a close frame", () => {
  for (const { reason } of Object.values(CLOSE_CODES)) {
    expect(Buffer.byteLength(reason)).toBeLessThanOrEqual(123);
  }
});

test("own close codes tell by their range whether to come back", () => {
  for (const { code, reconnect } of Object.values(CLOSE_CODES)) {
    if (code < 4_000) continue;
    expect(reconnect).toBe(code < 4_500);
    expect(code).toBeLessThan(5_000);
  }
});

test("no two close codes are the same", () => {
  const codes = Object.values(CLOSE_CODES).map(({ code }) => code);
  expect(new Set(codes).size).toBe(codes.length);
});

test("an error may be retried when the fault is the server's for now, or when there was too much of something", () => {
  const NOT_IMPLEMENTED = 501;
  for (const { status, retry } of Object.values(ERROR_CODES)) {
    expect(retry).toBe((status >= 500 && status !== NOT_IMPLEMENTED) || status === 429);
  }
});
