import { describe, expect, test } from "vitest";
import { type Plan, type PlanResult, readPlan } from "../src/plan.ts";

function read(argv: readonly string[], env: Record<string, string> = {}, isInputTerminal = true): PlanResult {
  return readPlan(argv, { env, isInputTerminal });
}

function planOf(...args: Parameters<typeof read>): Plan {
  const result = read(...args);
  if (result.kind !== "plan") throw new Error(JSON.stringify(result));
  return result.plan;
}

function faultsOf(...args: Parameters<typeof read>): readonly string[] {
  const result = read(...args);
  return result.kind === "faults" ? result.faults : [];
}

describe("what publish is to do", () => {
  test("is one message to a channel, wherever somebody can be reached", () => {
    expect(planOf(["channel", "data"])).toMatchObject({
      channel: "channel",
      source: { kind: "repeat", data: "data", count: 1 },
      destination: { kind: "search", redis: { port: 6379 } },
      isStream: false,
      isJson: false,
    });
  });

  test("is a message to a user, whose id is made into a channel", () => {
    expect(planOf(["--user", "7/a", "data"])).toMatchObject({
      channel: "user:7%2Fa",
      source: { data: "data" },
    });
  });

  test("is endless with --every alone, and ends with --count", () => {
    expect(planOf(["c", "tick", "--every", "10s"]).source).toEqual({
      kind: "repeat",
      data: "tick",
      everyMs: 10_000,
    });
    expect(planOf(["c", "tick", "--every", "500ms", "--count", "3"]).source).toMatchObject({
      everyMs: 500,
      count: 3,
    });
  });

  test('is lines with "-", or when no data is given and the input is no terminal', () => {
    expect(planOf(["c", "-"]).source).toEqual({ kind: "lines" });
    expect(planOf(["c"], {}, false).source).toEqual({ kind: "lines" });
    expect(planOf(["c", "data"], {}, false).source).toMatchObject({ kind: "repeat" });
  });

  test("may be empty data, and data that begins with a dash after --", () => {
    expect(planOf(["c", ""]).source).toMatchObject({ data: "" });
    expect(planOf(["--", "c", "-5"]).source).toMatchObject({ data: "-5" });
  });

  test("goes where an option says, then where the environment says", () => {
    const env = { REDIS_URL: "redis://from-env", REDIS_PREFIX: "shop:", API_KEY: "k" };
    expect(planOf(["c", "d"], env)).toMatchObject({
      destination: { kind: "redis", target: { host: "from-env" } },
      prefix: "shop:",
      apiKey: "k",
    });
    expect(planOf(["c", "d", "--redis", "redis://flag"], env).destination).toMatchObject({
      target: { host: "flag" },
    });
    expect(planOf(["c", "d", "--gateway", "http://g:1"], env).destination).toMatchObject({ kind: "gateway" });
  });

  test.each([
    [[], "name a channel"],
    [["c"], "name the data"],
    [["a b", "d"], "white space"],
    [["tidewire:x", "d"], "reserved"],
    [["c", "two", "words"], "too many arguments"],
    [["--user", "", "d"], "--user takes"],
    [["c", "d", "--every", "soon"], "--every must"],
    [["c", "d", "--every", "-1s"], "--every must"],
    [["c", "d", "--every", "0s"], "--every must"],
    [["c", "d", "--every", "10"], "--every must"],
    [["c", "d", "--every", "30d"], "--every must"],
    [["c", "d", "--gateway", "http://me:secret@g"], "API_KEY"],
    [["c", "d", "--count", "0"], "--count must"],
    [["c", "d", "--count", "x"], "--count must"],
    [["c", "-", "--every", "1s"], "repeat one message"],
    [["c", "d", "--redis", "http://r"], "--redis must"],
    [["c", "d", "--gateway", "ftp://g"], "--gateway must"],
    [["c", "d", "--redis", "redis://r", "--gateway", "http://g"], "not both"],
    [["c", "d", "--stream", "--gateway", "http://g"], "--stream writes to Redis"],
    [["c", "d", "--prot"], "--prot"],
  ])("%j is wrong usage", (argv, words) => {
    expect(faultsOf(argv)).toContainEqual(expect.stringContaining(words));
  });

  test("is told of every fault at once", () => {
    expect(faultsOf(["a b", "--every", "soon", "--count", "x"])).toHaveLength(4);
  });
});
