import { fileURLToPath } from "node:url";
import {
  holdPort,
  LOCALHOST_CERTIFICATE,
  Program,
  type ProgramResult,
  type RedisServer,
  run,
  startRedis,
} from "@tidewire/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startFakeGateway } from "./fake-gateway.ts";
import { PATIENT_ENV } from "./patient-env.ts";

/** As `pnpm --filter publisher exec publish` finds it. */
const BIN = fileURLToPath(new URL("../node_modules/.bin/publish", import.meta.url));

let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis[Symbol.asyncDispose]());

interface Options {
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
}

function publish(args: readonly string[], { env, input }: Options = {}): Promise<ProgramResult> {
  return run(BIN, args, {
    env: { ...PATIENT_ENV, ...env },
    ...(input !== undefined && { input }),
  });
}

/** A business server's counterpart: redis-cli that prints what it hears on a channel. */
async function listen(channel: string): Promise<Program> {
  const program = new Program("redis-cli", ["-p", String(redis.port), "SUBSCRIBE", channel]);
  await program.line(/^1$/);
  return program;
}

describe("publish on Redis", () => {
  test("sends the bytes bare and prints how many received them", async () => {
    await using first = await listen("channel");
    await using second = await listen("channel");
    const { exit, stdout } = await publish([
      "channel",
      "data from the business server",
      "--redis",
      redis.url,
    ]);
    expect(stdout).toBe(`channel on ${redis.url}: 2 receivers`);
    expect(exit).toBe(0);
    await Promise.all([first, second].map((listener) => listener.line(/^data from the business server$/)));
  });

  test("says so when nobody is subscribed, which is no failure", async () => {
    const { exit, stdout } = await publish(["empty", "x"], { env: { REDIS_URL: redis.url } });
    expect(stdout).toContain("0 receivers (nobody is subscribed there now)");
    expect(exit).toBe(0);
  });

  test("sends each line of a pipe, in order, and sums up", async () => {
    await using listener = await listen("lines");
    const { exit, stdout } = await publish(["lines", "--redis", redis.url], { input: "one\ntwo\nthree\n" });
    expect(stdout).toBe(`3 messages published; the last: lines on ${redis.url}: 1 receiver`);
    expect(exit).toBe(0);
    for (const line of ["one", "two", "three"]) await listener.line(new RegExp(`^${line}$`));
  });

  test("repeats as often as it is told", async () => {
    const args = ["ticks", "tick", "--every", "1ms", "--count", "3", "--json", "--redis", redis.url];
    const { exit, stdout } = await publish(args);
    const line = { channel: "ticks", via: redis.url, receivers: 0 };
    expect(stdout.split("\n").map((each) => JSON.parse(each))).toEqual([line, line, line]);
    expect(exit).toBe(0);
  });

  test("appends to a stream with --stream", async () => {
    const { exit, stdout } = await publish(["kept", "data", "--stream", "--redis", redis.url]);
    expect(stdout).toMatch(/^kept on redis:.*: entry \d+-\d+$/);
    expect(exit).toBe(0);
    const { stdout: entries } = await run("redis-cli", [
      "-p",
      String(redis.port),
      "XRANGE",
      "kept",
      "-",
      "+",
    ]);
    expect(entries).toContain("message\ndata");
  });

  test("reaches one user with --user, under the prefix of the deployment", async () => {
    await using listener = await listen("shop:user:7");
    const env = { REDIS_URL: redis.url, REDIS_PREFIX: "shop:" };
    const { stdout } = await publish(["--user", "7", "for you"], { env });
    expect(stdout).toContain("user:7 on");
    await listener.line(/^for you$/);
  });

  test("signs in with a name and a password, over TLS", async () => {
    await using server = await startRedis({
      tls: true,
      args: ["--user", "shop", "on", ">secret", "+@all", "~*", "&*", "--user", "default", "off"],
    });
    const args = ["channel", "x", "--redis", server.url.replace("//", "//shop:secret@")];
    const trusted = await publish(args, { env: { NODE_EXTRA_CA_CERTS: LOCALHOST_CERTIFICATE } });
    expect(trusted).toMatchObject({ exit: 0, stdout: expect.stringContaining(server.url) });
    const untrusted = await publish(args);
    expect(untrusted).toMatchObject({ exit: 1, stderr: expect.stringContaining("self-signed certificate") });
  });
});

describe("publish through a gateway", () => {
  test("posts the message with the key, and prints what the gateway counted", async () => {
    await using gateway = await startFakeGateway(200, { receivers: 3 });
    const args = ["room:1", "grüße", "--gateway", gateway.url];
    const { exit, stdout } = await publish(args, { env: { API_KEY: "the-key" } });
    expect(stdout).toBe(`room:1 on ${gateway.url}: 3 receivers`);
    expect(exit).toBe(0);
    expect(gateway.requests).toEqual([
      { path: "/message", authorization: "Bearer the-key", body: { channel: "room:1", message: "grüße" } },
    ]);
  });

  test("fails with the gateway's own words when it refuses", async () => {
    await using gateway = await startFakeGateway(401, {
      error: { code: "unauthorized", message: "No key." },
    });
    const { exit, stderr } = await publish(["c", "x", "--gateway", gateway.url]);
    expect(stderr).toBe(`publish: ${gateway.url}: No key.`);
    expect(exit).toBe(1);
  });
});

describe("publish fails with 1", () => {
  test("when the named Redis is not there", async () => {
    await using nobody = await holdPort();
    const url = `redis://127.0.0.1:${nobody.port}`;
    const { exit, stderr } = await publish(["c", "x", "--redis", url]);
    expect(stderr).toBe(`publish: ${url}: nothing listens there (connection refused)`);
    expect(exit).toBe(1);
  });

  test("when the named Redis accepts and then says nothing", async () => {
    const server = await startRedis();
    server.program.kill("SIGSTOP");
    const { exit, stderr } = await publish(["c", "x", "--redis", server.url]);
    expect(stderr).toBe(`publish: ${server.url}: no answer within 2000 ms`);
    expect(exit).toBe(1);
    await server[Symbol.asyncDispose]();
  });

  test("when Redis refuses the password, which is not repeated", async () => {
    await using server = await startRedis({ args: ["--requirepass", "right"] });
    const { exit, stderr } = await publish(["c", "x", "--redis", server.url.replace("//", "//:canary@")]);
    expect(stderr).toBe(`publish: ${server.url}: it refused the user name or password`);
    expect(exit).toBe(1);
  });

  test("when what answers is no Redis", async () => {
    await using gateway = await startFakeGateway(200, {});
    const { exit, stderr } = await publish(["c", "x", "--redis", gateway.url.replace("http", "redis")]);
    expect(stderr).toContain("publish: redis://");
    expect(exit).toBe(1);
  });

  test("when the stream's name holds something else, and says how many went out before", async () => {
    await run("redis-cli", ["-p", String(redis.port), "SET", "taken", "a string"]);
    const { exit, stderr } = await publish(["taken", "x", "--stream", "--redis", redis.url]);
    expect(stderr).toContain("WRONGTYPE");
    expect(exit).toBe(1);
  });
});

describe("Ctrl-C", () => {
  test("ends what has no end of its own, with a total and no failure", async () => {
    const args = ["ticks", "tick", "--every", "1h", "--redis", redis.url];
    await using program = new Program(BIN, args, { env: { PATH: process.env["PATH"] } });
    await program.line(/receivers/);
    program.kill("SIGINT");
    const { exit, stdout } = await program.result;
    expect(stdout).toContain("1 message published; the last: ticks on");
    expect(exit).toBe(0);
  });
});

describe("the command line", () => {
  test("ends in peace when its reader stops early", async () => {
    const { exit, stderr } = await run("sh", [
      "-c",
      `"${BIN}" c tick --every 1ms --json --redis ${redis.url} | head -1`,
    ]);
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: "" });
  });

  test("wrong usage is 2, with every fault", async () => {
    const { exit, stderr } = await publish(["a b", "x", "--count", "0"]);
    expect(stderr).toContain("white space");
    expect(stderr).toContain("--count must");
    expect(exit).toBe(2);
  });

  test("--help shows examples and exit codes", async () => {
    const { exit, stdout } = await publish(["--help"]);
    expect(stdout).toContain('publish channel "tick" --every 10s');
    expect(stdout).toContain("Exit codes");
    expect(exit).toBe(0);
  });
});
