import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { holdPort, type ProgramResult, run } from "@tidewire/testkit";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { FakeStreamGateway } from "./fake-stream-gateway.ts";
import { PATIENT_ENV } from "./patient-env.ts";

/** As `pnpm --filter publisher exec history` finds it. */
const BIN = fileURLToPath(new URL("../node_modules/.bin/history", import.meta.url));

let gateway: FakeStreamGateway;
beforeEach(async () => {
  gateway = await FakeStreamGateway.start();
});
afterEach(() => gateway[Symbol.asyncDispose]());

function history(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<ProgramResult> {
  const all = ["--gateway", gateway.url, ...args];
  return run(BIN, all, { env: { ...PATIENT_ENV, ...env } });
}

function page(fields: object): object {
  const messages = [
    { position: "p4", time: 1, data: "four" },
    { position: "p5", time: 2, data: "five" },
  ];
  return { channel: "kept", messages, complete: true, more: false, position: "p9", ...fields };
}

describe("history", () => {
  test("prints what is kept, the oldest first, and asks with the key", async () => {
    gateway.publish("one", "two\nlines", '{"three": 3}');
    const { exit, stdout, stderr } = await history(["kept"], { API_KEY: "the-key" });
    expect(stdout).toBe(`one\n"two\\nlines"\n{"three": 3}`);
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: "" });
    expect(gateway.asked).toEqual([
      {
        path: "/api/v1/history",
        query: { channel: "kept", limit: "100" },
        authorization: "Bearer the-key",
        lastEventId: undefined,
      },
    ]);
  });

  test("asks for what it is told, and prints positions", async () => {
    gateway.publish("one");
    const { stdout } = await history(["kept", "--since", "p0", "--limit", "7", "--positions"]);
    expect(stdout).toBe("p1\tone");
    expect(gateway.asked[0]?.query).toEqual({ channel: "kept", since: "p0", limit: "7" });
    await history(["kept", "--before", "p9"]);
    expect(gateway.asked[1]?.query).toEqual({ channel: "kept", before: "p9", limit: "100" });
  });

  test("prints nothing of a channel in which nothing is kept yet", async () => {
    expect(await history(["kept"])).toEqual({ exit: 0, stdout: "", stderr: "" });
  });

  test("prints the objects of the gateway with --json, every digit of them", async () => {
    const object = '{"position":"p1","time":1,"sender":"7","data":{"n":12345678901234567890}}';
    gateway.answer = `{"messages":[${object}],"complete":true,"more":false,"position":"p1"}`;
    expect((await history(["kept", "--json"])).stdout).toBe(object);
    expect((await history(["kept"])).stdout).toBe('{"n":12345678901234567890}');
  });
});

describe("when there is more, history says how to go on", () => {
  test("backward from the first message, with what else was asked for", async () => {
    gateway.answer = page({ more: true });
    const { exit, stderr } = await history(["kept", "--limit", "2", "--positions"]);
    const next = `history --before p4 --limit 2 --gateway ${gateway.url}/ --positions kept`;
    expect(stderr).toBe(`history: there are older messages; go on with: ${next}`);
    expect(exit).toBe(0);
  });

  test("forward from the last message after --since, and says that messages may be missing", async () => {
    gateway.answer = page({ more: true, complete: false });
    const { stderr } = await history(["kept", "--since", "p1"]);
    const next = `history --since p5 --gateway ${gateway.url}/ kept`;
    expect(stderr).toBe(
      `history: messages may be missing after the position; there is more; go on with: ${next}`,
    );
  });

  test("from the end of the channel when all is missing", async () => {
    gateway.answer = page({ messages: [], complete: false });
    const { stderr } = await history(["kept", "--since", "p1"]);
    expect(stderr).toContain("--since p9");
  });

  test("in words that a shell takes as they are meant", async () => {
    const messages = [{ position: "it's;1", time: 1, data: "x" }];
    gateway.answer = page({ messages, more: true });
    const { stderr } = await history(["--", "-a$b"]);
    expect(stderr).toContain(String.raw`--before 'it'\''s;1' `);
    expect(stderr).toMatch(/ -- '-a\$b'$/);
  });

  test("as JSON with --json", async () => {
    gateway.answer = page({ more: true, complete: false });
    const { stderr } = await history(["kept", "--since", "p1", "--json"]);
    expect(JSON.parse(stderr)).toEqual({
      complete: false,
      more: true,
      next: `history --since p5 --gateway ${gateway.url}/ --json kept`,
    });
  });
});

describe("history fails with 1", () => {
  test("with the gateway's own words, and never the key", async () => {
    gateway.isLive = true;
    const { exit, stdout, stderr } = await history(["live"], { API_KEY: "canary" });
    expect(stderr).toBe(`history: ${gateway.url}: Nothing is kept of this channel.`);
    expect({ exit, stdout }).toEqual({ exit: 1, stdout: "" });
  });

  test("when what answers is no gateway", async () => {
    for (const answer of ["<html>", { messages: [{}], complete: true, more: false, position: "p" }]) {
      gateway.answer = answer;
      const { exit, stderr } = await history(["kept"]);
      expect(stderr).toBe(`history: ${gateway.url}: what it answered is no page of messages`);
      expect(exit).toBe(1);
    }
  });

  test("when nobody listens", async () => {
    await using nobody = await holdPort();
    const { exit, stderr } = await history(["kept", "--gateway", `http://127.0.0.1:${nobody.port}`]);
    expect(stderr).toContain("nothing listens there (connection refused)");
    expect(exit).toBe(1);
  });

  test("when the gateway accepts and then says nothing", async () => {
    const silent = createServer().listen(0, "127.0.0.1");
    await once(silent, "listening");
    const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const { exit, stderr } = await history(["kept", "--gateway", url], { NODE_OPTIONS: "" });
    expect(stderr).toBe(`history: ${url}: no answer within 2000 ms`);
    expect(exit).toBe(1);
    silent.close();
  });
});

describe("the command line of history", () => {
  test.each([
    [[], "name a channel"],
    [["a b"], "white space"],
    [["c", "d"], "too many arguments"],
    [["c", "--limit", "0"], "--limit must"],
    [["c", "--limit", "1001"], "--limit must"],
    [["c", "--limit", "x"], "--limit must"],
    [["c", "--since", "a b"], "--since must"],
    [["c", "--before", ""], "--before must"],
    [["c", "--since", "p1", "--before", "p2"], "not both"],
    [["c", "--gateway", "ftp://g"], "--gateway must"],
    [["c", "--last", "1"], "--last"],
  ])("%j is wrong usage", async (argv, words) => {
    const { exit, stderr } = await history(argv);
    expect(stderr).toContain(words);
    expect(exit).toBe(2);
    expect(gateway.asked).toEqual([]);
  });

  test("--help explains the lines and the exit codes", async () => {
    const { exit, stdout } = await history(["--help"]);
    expect(stdout).toContain("as base64: and their Base64");
    expect(stdout).toContain("Exit codes");
    expect(exit).toBe(0);
  });
});
