import { describe, expect, test } from "vitest";
import { readFlags } from "../src/flags.ts";

const NAMES = { messages: ["herd", "reborn"], presence: ["gateway-kill"] };

describe("the command line", () => {
  test("has a default for everything", () => {
    const flags = {
      seed: 1,
      rounds: 1,
      only: [],
      hasDefaultLimits: false,
      isPresence: false,
      members: 60,
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
      isPresence: false,
      members: 60,
      json: "f",
      records: "r",
    };
    expect(readFlags(args, NAMES)).toEqual(flags);
  });

  test.each([
    [["--only", "none"], "--only knows herd, reborn; not none"],
    [["--seed", "0"], "--seed is a whole number from 1 to 2147483647"],
    [["--presence", "--only", "herd"], "--only knows gateway-kill; not herd"],
    [["--members", "7"], "--members is a whole number from 20 to 500"],
    [["--rounds", "many"], "--rounds is a whole number from 1 to 100000"],
  ])("refuses %j", (args, message) => {
    expect(() => readFlags(args, NAMES)).toThrow(message);
  });

  test("asks for rounds of presence, which have faults of their own", () => {
    const flags = readFlags(["--presence", "--members", "300", "--only", "gateway-kill"], NAMES);
    expect(flags).toMatchObject({ isPresence: true, members: 300, only: ["gateway-kill"] });
  });

  test("gives nothing for --help", () => {
    expect(readFlags(["--help"], NAMES)).toBeUndefined();
  });
});
