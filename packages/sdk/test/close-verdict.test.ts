import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { closeVerdict } from "../src/close-verdict.ts";

interface CloseVector {
  readonly name: string;
  readonly code: number;
  readonly reconnect: boolean;
}

const file = new URL("../../protocol/vectors/closes.json", import.meta.url);
const vectors = JSON.parse(readFileSync(file, "utf8")) as CloseVector[];

describe("a close code", () => {
  test.each(vectors.filter(({ code }) => code !== 4504))(
    "$code ($name) is understood as the protocol has it",
    ({ code, reconnect }) => {
      expect(closeVerdict(code, "", true).next).toBe(reconnect ? "lost" : "refused");
    },
  );

  test.each([
    [4123, "lost"],
    [4499, "lost"],
    [4500, "refused"],
    [4999, "refused"],
    [1001, "lost"],
    [1005, "lost"],
    [1006, "lost"],
    [1012, "lost"],
    [1000, "refused"],
  ] as const)("%d, of which nothing is written, is judged by its range", (code, next) => {
    expect(closeVerdict(code, "", true).next).toBe(next);
  });

  test.each([4004, 4504])("%d asks for another token where there may be one", (code) => {
    expect(closeVerdict(code, "", true)).toMatchObject({ next: "lost", isTokenOver: true });
    const { next, reason } = closeVerdict(code, "the token", false);
    expect(next).toBe("refused");
    expect(reason).toMatchObject({
      code: "unauthorized",
      retry: false,
      closeCode: code,
      message: "the token",
    });
  });
});
