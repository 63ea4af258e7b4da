/** What counts as an answer of the application, and for how long. */
import { holdPort } from "@tidewire/testkit";
import { pino } from "pino";
import { describe, expect, test } from "vitest";
import { type Question, Hooks, type HooksOptions, type Verdict } from "../src/hooks.ts";
import { type Application, type Reply, startApplication } from "./application.ts";

const ASK = { event: "subscribe", user: "7", channel: "team:1" } as const satisfies Question;

function about(index: number): Question {
  return { ...ASK, channel: `team:${index}` };
}

function hooksOf(app: Pick<Application, "hooks">, options: Partial<HooksOptions> = {}) {
  const verdicts: Verdict[] = [];
  const lines: string[] = [];
  const hooks = new Hooks({
    config: app.hooks,
    maxPending: 10_000,
    log: pino({ base: null }, { write: (line) => lines.push(line) }),
    onAnswered: (verdict) => verdicts.push(verdict),
    now: () => 0,
    ...options,
  });
  return { hooks, verdicts, lines };
}

const BAD: readonly (readonly [string, Reply])[] = [
  ["another status", (response) => response.writeHead(201).end('{"allow": true}')],
  ["a fault of the server", (response) => response.writeHead(500).end('{"allow": true}')],
  ["no JSON", (response) => response.end("yes")],
  ["nothing", (response) => response.end()],
  ["JSON that does not say", { cacheSeconds: 1 }],
  ["a yes that is a text", { allow: "true" }],
  ["a time to keep it that is too long", { allow: true, cacheSeconds: 3_601 }],
  ["a time to keep it before now", { allow: true, cacheSeconds: -1 }],
  ["more than 64 KiB", { allow: true, more: "x".repeat(65_536) }],
  ["half of an answer", (response) => response.write('{"allow": true', () => response.destroy())],
  ["a hang-up", (response) => response.destroy()],
];

describe("an answer", () => {
  test.each([
    ["yes", { allow: true, more: "is passed over" }, "allowed"],
    ["no", { allow: false }, "forbidden"],
  ] as const)("that says %s counts as such", async (_name, reply, verdict) => {
    await using app = await startApplication(() => reply);
    expect(await hooksOf(app).hooks.ask(ASK)).toBe(verdict);
  });

  test.each(BAD)("of %s is none", async (_name, reply) => {
    await using app = await startApplication(() => reply);
    const { hooks, verdicts } = hooksOf(app);
    expect(await hooks.ask(ASK)).toBe("failed");
    expect(verdicts).toEqual(["failed"]);
  });

  test("elsewhere is none, and elsewhere is not asked", async () => {
    await using other = await startApplication(() => ({ allow: true }));
    for (const status of [301, 302, 303, 307, 308]) {
      await using app = await startApplication(() => (response) => {
        response.writeHead(status, { location: other.url }).end();
      });
      expect(await hooksOf(app).hooks.ask(ASK)).toBe("failed");
    }
    expect(other.log).toEqual([]);
  });

  test("that does not come in time is none, also when it has begun", async () => {
    for (const reply of [() => {}, (response: { write: (text: string) => void }) => response.write("{")]) {
      await using app = await startApplication(() => reply);
      const { hooks, lines } = hooksOf({ hooks: { ...app.hooks, timeoutMs: 50 } });
      expect(await hooks.ask(ASK)).toBe("failed");
      expect(lines.join("")).toContain("did not answer within 50 ms");
    }
  });

  test("of nobody is none", async () => {
    await using nobody = await holdPort();
    const authorize = `http://127.0.0.1:${nobody.port}/hook`;
    const { hooks, lines } = hooksOf({
      hooks: { connect: undefined, authorize, secret: undefined, timeoutMs: 30_000 },
    });
    expect(await hooks.ask(ASK)).toBe("failed");
    expect(lines.join("")).toContain("ECONNREFUSED");
  });

  test.each([true, false])("of %s is kept for as long as it says, for the same question", async (allow) => {
    await using app = await startApplication(() => ({ allow, cacheSeconds: 1 }));
    let nowMs = 0;
    const { hooks } = hooksOf(app, { now: () => nowMs });
    const first = await hooks.ask(ASK);
    nowMs = 999;
    expect(hooks.ask(ASK)).toBe(first);
    for (const other of [{ event: "publish" }, { user: "8" }, { channel: "team:2" }] as const)
      await hooks.ask({ ...ASK, ...other });
    expect(app.log).toHaveLength(4);
    nowMs = 1_000;
    await hooks.ask(ASK);
    expect(app.log).toHaveLength(5);
  });

  test("that does not say how long, or fails, is not kept", async () => {
    let reply: Reply = { allow: true };
    await using app = await startApplication(() => reply);
    const { hooks } = hooksOf(app);
    for (const each of [{ allow: true }, { allow: true, cacheSeconds: 9_999 }, { allow: false }]) {
      reply = each;
      await hooks.ask(ASK);
    }
    expect(app.log).toHaveLength(3);
  });

  test("is forgotten, the oldest first, when as many others are kept as may be", async () => {
    await using app = await startApplication(() => ({ allow: true, cacheSeconds: 60 }));
    const { hooks } = hooksOf(app, { maxKept: 3 });
    for (const index of [0, 1, 2, 3]) await hooks.ask(about(index));
    for (const index of [1, 2, 3]) expect(hooks.ask(about(index))).toBe("allowed");
    expect(hooks.ask(about(0))).toBeInstanceOf(Promise);
    await hooks.settled();
  });
});

describe("questions", () => {
  test("that are the same and under way at the same time are one", async () => {
    const answer = Promise.withResolvers<object>();
    await using app = await startApplication(() => answer.promise);
    const { hooks } = hooksOf(app);
    const asking = Array.from({ length: 5 }, () => hooks.ask({ ...ASK }));
    answer.resolve({ allow: true });
    expect(new Set(await Promise.all(asking.map(async (each) => each)))).toEqual(new Set(["allowed"]));
    expect(app.log).toHaveLength(1);
  });

  test("that fail are logged when that begins, and when it has been over for a while", async () => {
    let isWell = false;
    await using app = await startApplication(() => (isWell ? { allow: true } : { allow: 1 }));
    let nowMs = 0;
    const { hooks, lines } = hooksOf(app, { now: () => nowMs });
    const told = async (well: boolean, atMs: number) => {
      [isWell, nowMs] = [well, atMs];
      await hooks.ask(ASK);
      return lines.splice(0).map((line) => (JSON.parse(line) as { msg: string }).msg.split(",")[0]);
    };
    expect(await told(false, 0)).toEqual(["a hook fails"]);
    expect(await told(true, 1_000)).toEqual([]);
    expect(await told(false, 2_000)).toEqual([]);
    expect(await told(true, 11_999)).toEqual([]);
    expect(await told(true, 12_000)).toEqual(["the hook answers again"]);
    expect(await told(false, 12_001)).toEqual(["a hook fails"]);
  });
});
