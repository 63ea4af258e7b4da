/** The whole program, with real servers. */
import { mkdir, mkdtempDisposable, readdir, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Program, run } from "@tidewire/testkit";
import { describe, expect, test, vi } from "vitest";
import type { Run } from "../src/statistics.ts";
import { faultsOf, NO_FAULTS } from "./generators.ts";
import { childrenOf, isAlive, processesOf } from "./processes.ts";

const MAIN = join(import.meta.dirname, "../src/main.ts");

/** A folder for the files of a run, and one in it that the run takes for that of temporary files. */
interface Place extends AsyncDisposable {
  readonly path: string;
  readonly temporary: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

async function makePlace(): Promise<Place> {
  const folder = await mkdtempDisposable(join(tmpdir(), "tidewire-bench-test-"));
  const temporary = join(folder.path, "temporary");
  await mkdir(temporary);
  return {
    path: folder.path,
    temporary,
    env: { ...process.env, TMPDIR: temporary, INIT_CWD: folder.path },
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

/** Nothing is left of a run: no process, and no temporary file. */
async function expectNothingLeft({ temporary }: Place): Promise<void> {
  expect(processesOf(temporary)).toEqual([]);
  expect(await readdir(temporary)).toEqual([]);
}

describe.concurrent("pnpm bench", () => {
  test("measures servers and writes tables, figures and a chart", async () => {
    await using place = await makePlace();
    const choice = [
      "--only",
      "gateway,gateway-v1,gateway-stream,ws,socket.io",
      "--workload",
      "closed,channels",
    ];
    const files = ["--json", "figures.json", "--svg", "chart.svg"];

    const { exit, stdout, stderr } = await run(process.execPath, [MAIN, "--quick", ...choice, ...files], {
      env: place.env,
    });

    expect(stderr).not.toContain("failed");
    expect(exit).toBe(0);
    const report = JSON.parse(await readFile(join(place.path, "figures.json"), "utf8")) as { runs: Run[] };
    // Socket.IO and a stream that is named have no workload with many channels.
    expect(report.runs.map(({ workload, server }) => `${workload} ${server}`)).toEqual([
      "closed gateway",
      "closed gateway-v1",
      "closed gateway-stream",
      "closed socket.io",
      "closed ws",
      "channels gateway",
      "channels gateway-v1",
      "channels ws",
    ]);
    for (const { result, server } of report.runs) {
      if (!result) throw new Error(`${server} has no result`);
      expect(faultsOf(result)).toEqual(NO_FAULTS);
      expect(result.delivered).toBe(result.expected);
      expect(Math.min(result.delivered, result.deliveriesPerSecond, result.rssEndKb)).toBeGreaterThan(0);
    }
    expect(stdout.match(/^\| (Tidewire|Socket\.IO|ws)/gm)).toHaveLength(8);
    expect(await readFile(join(place.path, "chart.svg"), "utf8")).toMatch(/^<svg[^]*<\/svg>\n$/);
    await expectNothingLeft(place);
  });

  test.each(["SIGINT", "SIGTERM"] as const)("ends everything that it started on %s", async (signal) => {
    await using place = await makePlace();
    const args = ["--quick", "--only", "gateway", "--workload", "closed", "--runs", "99"];
    await using program = new Program(process.execPath, [MAIN, ...args], { env: place.env });
    await program.line(/run 1 of 99/);
    // Redis, the gateway and the load generator.
    const children = await vi.waitUntil(
      () => {
        const pids = childrenOf(program.pid);
        return pids.length === 3 && pids;
      },
      { timeout: 60_000, interval: 5 },
    );

    program.kill(signal);
    const { exit } = await program.result;

    expect(exit).toBe(130);
    expect(children.filter(isAlive)).toEqual([]);
    await expectNothingLeft(place);
  });

  test("says what it knows when a name is unknown, and measures nothing", async () => {
    const { exit, stdout, stderr } = await run(process.execPath, [MAIN, "--only", "pigeon"]);

    expect({ exit, stdout }).toEqual({ exit: 2, stdout: "" });
    expect(stderr).toMatch(/^bench: --only knows limit, gateway, .*; not pigeon$/);
  });

  test("explains its flags", async () => {
    const { exit, stdout } = await run(process.execPath, [MAIN, "--help"]);

    expect(exit).toBe(0);
    expect(stdout).toMatch(/^pnpm bench \[flags\]\n/);
  });

  test("fails when there is nothing to measure", async () => {
    const args = ["--quick", "--only", "socket.io", "--workload", "channels"];
    const { exit, stderr } = await run(process.execPath, [MAIN, ...args]);

    expect(exit).toBe(1);
    expect(stderr).toContain("bench: there was nothing to measure");
  });
});
