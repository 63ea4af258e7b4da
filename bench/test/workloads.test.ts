import { describe, expect, test } from "vitest";
import { readLoadOptions } from "../src/load-options.ts";
import { loadOptions, quickened, WORKLOADS } from "../src/workloads.ts";
import { workloadNamed } from "./results.ts";

/** The options as the load generator for Node reads them. */
function optionsOf(name: string): ReturnType<typeof readLoadOptions> {
  return readLoadOptions(["--port", "1", ...loadOptions(workloadNamed(name))]);
}

describe("the options of the load generator", () => {
  test("of a closed loop bound the messages under way and the time", () => {
    expect(optionsOf("closed")).toMatchObject({ connections: 1_000, window: 32, duration: 4, rate: 0 });
    expect(optionsOf("closed").timeLimit).toBeGreaterThan(4);
  });

  test("of an open loop say the pace, and how many messages it comes to", () => {
    expect(optionsOf("open-100")).toMatchObject({ rate: 5_000, messages: 25_000, duration: 0 });
  });

  test("of idle connections publish nothing", () => {
    expect(loadOptions(workloadNamed("idle")).join(" ")).not.toMatch(/--(messages|rate|window)/);
  });

  test("name channels and readers that stop", () => {
    expect(optionsOf("channels")).toMatchObject({ connections: 10_000, channels: 10_000 });
    expect(optionsOf("stopped")).toMatchObject({ connections: 1_000, stopped: 10 });
  });
});

describe.each(WORKLOADS)("the workload $name", (workload) => {
  test("has sound options, as it is and quickened", () => {
    for (const each of [workload, quickened(workload)])
      expect(() => readLoadOptions(["--port", "1", ...loadOptions(each)])).not.toThrow();
  });

  test("has room for the longest marker in its payload", () => {
    const longest = `@@100000000,${2n ** 53n};`;
    expect(workload.traffic?.payloadBytes ?? longest.length).toBeGreaterThanOrEqual(longest.length);
  });

  test("is small when it is quickened, of the same kind, and says so", () => {
    const quick = quickened(workload);

    expect(quick.connections).toBeLessThanOrEqual(100);
    expect(quick.stopped).toBeLessThan(quick.connections);
    expect(quick.title).toContain("quick");
    expect(quick.traffic?.kind).toBe(workload.traffic?.kind);
    expect(quick.traffic?.seconds ?? 0).toBeLessThan(1);
  });
});
