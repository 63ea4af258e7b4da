import { describe, expect, test } from "vitest";
import { readFlags } from "../src/flags.ts";

const NAMES = ["herd", "reborn"];

describe("the command line", () => {
  test("has a default for everything", () => {
    const flags = {
      seed: 1,
      rounds: 1,
      only: [],
      hasDefaultLimits: false,
      json: undefined,
      records: undefined,
    };
    expect(readFlags([], NAMES)).toEqual(flags);
  });

  test("says what is to be played", () => {
    const text = "--rounds 50 --seed 7 --only reborn,herd --default-limits --json f --records r";
    const args = text.split(" ");
    const flags = {
      seed: 7,
      rounds: 50,
      only: ["reborn", "herd"],
      hasDefaultLimits: true,
      json: "f",
      records: "r",
    };
    expect(readFlags(args, NAMES)).toEqual(flags);
  });

  test.each([
    [["--only", "none"], "--only knows herd, reborn; not none"],
    [["--seed", "0"], "--seed is a whole number from 1 to 2147483647"],
    [["--rounds", "many"], "--rounds is a whole number from 1 to 100000"],
  ])("refuses %j", (args, message) => {
    expect(() => readFlags(args, NAMES)).toThrow(message);
  });

  test("gives nothing for --help", () => {
    expect(readFlags(["--help"], NAMES)).toBeUndefined();
  });
});
