import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { holdPort, Program, type ProgramResult, run } from "@tidewire/testkit";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { FakeStreamGateway } from "./fake-stream-gateway.ts";
import { PATIENT_ENV } from "./patient-env.ts";

/** As `pnpm --filter publisher exec tail` finds it. */
const BIN = fileURLToPath(new URL("../node_modules/.bin/tail", import.meta.url));

const GAP = "tail: gap: messages may be missing here";

let gateway: FakeStreamGateway;
beforeEach(async () => {
  gateway = await FakeStreamGateway.start();
});
afterEach(() => gateway[Symbol.asyncDispose]());

function tail(args: readonly string[], env: Readonly<Record<string, string>> = {}): Program {
  const all = ["--gateway", gateway.url, ...args];
  return new Program(BIN, all, { env: { ...PATIENT_ENV, ...env } });
}

function tailToEnd(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<ProgramResult> {
  return tail(args, env).result;
}

describe("tail", () => {
  test("prints messages as they arrive, and ends with the count", async () => {
    await using program = tail(["kept", "--count", "3"], { API_KEY: "the-key" });
    await gateway.reader();
    gateway.publish("one");
    await program.line(/^one$/);
    gateway.publish("two\nlines", "", "one too many");
    expect(await program.result).toEqual({ exit: 0, stdout: `one\n"two\\nlines"\n`, stderr: "" });
    expect(gateway.asked.map(({ authorization }) => authorization)).toEqual(["Bearer the-key"]);
  });

  test("begins with the newest that are kept, or behind a position", async () => {
    gateway.publish("one", "two", "three");
    const last = await tailToEnd(["kept", "--last", "2", "--count", "2", "--positions"]);
    expect(last.stdout).toBe("p2\ttwo\np3\tthree");
    const since = await tailToEnd(["kept", "--since", "p1", "--count", "1", "--json"]);
    expect(since.stdout).toBe('{"position":"p2","data":"two"}');
  });

  test("prints every message once over any number of lost connections, and says so", async () => {
    await using program = tail(["kept", "--count", "40"]);
    await gateway.reader();
    for (let number = 1; number <= 40; number += 1) {
      gateway.publish(`message ${number}`);
      if (number % 10 !== 5) continue;
      // Twice, so that some of it is under way when the connection ends, and some is not.
      if (number === 5 || number === 25) await program.line(new RegExp(`^message ${number}$`));
      gateway.cut();
    }
    const { exit, stdout, stderr } = await program.result;
    expect(stdout.split("\n")).toEqual(Array.from({ length: 40 }, (_, index) => `message ${index + 1}`));
    expect(stderr).toMatch(/^tail: lost the gateway, trying again \(http:.*: the connection was lost\)$/m);
    expect(stderr).toMatch(/^tail: the gateway is back$/m);
    expect(exit).toBe(0);
  });

  test("says what a live channel can't give back", async () => {
    gateway.isLive = true;
    await using program = tail(["live", "--count", "1"]);
    await gateway.reader();
    gateway.cut();
    await program.line(/^tail: the gateway is back; what was published meanwhile is missing here$/);
    await gateway.reader();
    gateway.publish("one");
    expect(await program.result).toMatchObject({ exit: 0, stdout: "one" });
    expect(gateway.asked.at(-1)).toMatchObject({ query: { channel: "live" }, lastEventId: undefined });
  });

  test("says where messages may be missing", async () => {
    await using program = tail(["kept"]);
    await gateway.reader();
    gateway.send('id: p9\nevent: gap\ndata: {"channel":"kept"}\n\n');
    expect(await program.line(/gap/)).toBe("tail: gap: messages may be missing here");
  });

  test("prints what is not UTF-8 as Base64", async () => {
    await using program = tail(["kept"]);
    await gateway.reader();
    gateway.send("id: p1\nevent: base64\ndata: /wA=\n\n");
    expect(await program.line(/base64/)).toBe("base64:/wA=");
  });

  test.each([
    ["at once", false],
    ["while the gateway is away", true],
  ])("ends with Ctrl-C, %s, which is no failure", async (_when, isAway) => {
    gateway.greeting = "retry: 60000\n\n";
    await using program = tail(["kept"]);
    await gateway.reader();
    gateway.publish("one");
    await program.line(/^one$/);
    if (isAway) {
      gateway.cut();
      await program.line(/lost the gateway/);
    }
    program.kill("SIGINT");
    expect(await program.result).toMatchObject({ exit: 0, stdout: "one" });
  });

  test("ends in peace when its reader stops early", async () => {
    gateway.publish(...Array.from({ length: 1_000 }, () => "x".repeat(1_000)));
    const { exit, stderr } = await run(
      "sh",
      ["-c", `"${BIN}" kept --last 1000 --gateway ${gateway.url} | head -1 >/dev/null`],
      { env: PATIENT_ENV },
    );
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: "" });
  });
});

describe("tail fails with 1", () => {
  test("with the gateway's own words when it refuses, and never the key", async () => {
    gateway.refusal = { status: 403, code: "forbidden", message: "Not this channel." };
    const { exit, stderr } = await tailToEnd(["kept"], { API_KEY: "canary" });
    expect(stderr).toBe(`tail: ${gateway.url}: Not this channel.`);
    expect(exit).toBe(1);
  });

  test("when the subscription is ended for good", async () => {
    await using program = tail(["kept"]);
    await gateway.reader();
    gateway.send('event: removed\ndata: {"code":"forbidden","message":"Your token is over."}\n\n');
    const { exit, stderr } = await program.result;
    expect(stderr).toBe(`tail: ${gateway.url}: Your token is over.`);
    expect(exit).toBe(1);
  });

  test("when there is no gateway to begin with", async () => {
    await using nobody = await holdPort();
    const { exit, stderr } = await tailToEnd(["kept", "--gateway", `http://127.0.0.1:${nobody.port}`]);
    expect(stderr).toContain("nothing listens there (connection refused)");
    expect(exit).toBe(1);
  });
});

describe("the command line of tail", () => {
  test.each([
    [[], "name a channel"],
    [["c", "d"], "too many arguments"],
    [["c", "--last", "1001"], "--last must"],
    [["c", "--count", "0"], "--count must"],
    [["c", "--since", "ü"], "--since must"],
    [["c", "--since", "p1", "--last", "2"], "not both"],
    [["c", "--before", "p1"], "--before"],
  ])("%j is wrong usage", async (argv, words) => {
    const { exit, stderr } = await tailToEnd(argv);
    expect(stderr).toContain(words);
    expect(exit).toBe(2);
  });

  test("--help explains the lines and the exit codes", async () => {
    const { exit, stdout } = await tailToEnd(["--help"]);
    expect(stdout).toContain("as base64: and their Base64");
    expect(stdout).toContain("Exit codes");
    expect(exit).toBe(0);
  });

  test("tells of a gap at its place, also where whoever reads both outputs as one is slow", async () => {
    const args = ["-c", 'exec "$0" "$@" 2>&1', BIN, "--gateway", gateway.url, "kept"];
    const child = spawn("sh", args, {
      env: PATIENT_ENV,
      stdio: ["ignore", "pipe", "ignore"],
    });
    await gateway.reader();
    const text = "x".repeat(1_000);
    const lines: string[] = [];
    for (let round = 1; round <= 20; round += 1) {
      for (let number = 0; number < 400; number += 1) gateway.publish(`${text}${round}`);
      gateway.send("event: gap\ndata: {}\n\n");
    }
    gateway.publish("sentinel");
    for await (const line of createInterface({ input: child.stdout })) {
      lines.push(line);
      if (line === "sentinel") break;
    }
    child.kill("SIGKILL");
    const gaps = lines.flatMap((line, index) => (line === GAP ? [index] : []));
    expect(gaps).toEqual(Array.from({ length: 20 }, (_, index) => index * 401 + 400));
  });
});
