import { describe, expect, test } from "vitest";
import { helpText, readFlags } from "../src/flags.ts";

const CHOICES = { servers: ["gateway", "ws"], workloads: ["closed", "idle"] };

function read(...args: string[]): ReturnType<typeof readFlags> {
  return readFlags(args, CHOICES);
}

describe("without flags", () => {
  test("everything is measured three times", () => {
    expect(read()).toEqual({
      only: ["gateway", "ws"],
      workloads: ["closed", "idle"],
      runs: 3,
      isQuick: false,
      json: undefined,
      svg: undefined,
    });
  });
});

describe("flags", () => {
  test("choose servers, workloads, rounds and files", () => {
    const flags = read("--only", "ws", "--workload=idle,closed", "--runs", "5", "--json", "a", "--svg", "b");

    expect(flags).toMatchObject({
      only: ["ws"],
      workloads: ["idle", "closed"],
      runs: 5,
      json: "a",
      svg: "b",
    });
  });

  test("make one quick run, or as many as are asked for", () => {
    expect(read("--quick")).toMatchObject({ isQuick: true, runs: 1 });
    expect(read("--quick", "--runs", "2")).toMatchObject({ isQuick: true, runs: 2 });
  });

  test.each(["0", "100", "-1", "1.5", "", "many"])("refuse %j as a number of runs", (runs) => {
    expect(() => read(`--runs=${runs}`)).toThrow("--runs is a whole number from 1 to 99");
  });

  test.each([
    { args: ["--only", "ws,pigeon"], message: "--only knows gateway, ws; not pigeon" },
    { args: ["--workload", "closed,"], message: "--workload knows closed, idle; not " },
    { args: ["--fast"], message: "--fast" },
    { args: ["ws"], message: "ws" },
  ])("refuse $args and say why", ({ args, message }) => {
    expect(() => read(...args)).toThrow(message);
  });

  test("ask for help, which names the servers and workloads", () => {
    expect(read("--help", "--quick")).toBeUndefined();
    expect(helpText(CHOICES)).toContain("servers only: gateway, ws\n");
    expect(helpText(CHOICES)).toContain("workloads only: closed, idle\n");
  });
});
