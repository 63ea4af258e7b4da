/** Gateways as real processes, on a real Redis, that are killed, stopped and starved. */
import { mkdtempDisposable, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  connectPlain,
  type PlainClient,
  type Program,
  runGateway,
  startRedis,
  untilListening,
  untilReady,
} from "@tidewire/testkit";
import { describe, expect, test } from "vitest";

interface RunningGateway extends AsyncDisposable {
  readonly program: Program;
  readonly url: string;
  readonly connect: (query?: string) => Promise<PlainClient>;
}

/** A gateway with that configuration file, once it is ready. */
async function startProcess(redisUrl: string, config: object = {}): Promise<RunningGateway> {
  const folder = await mkdtempDisposable(join(tmpdir(), "tidewire-standing-"));
  const file = join(folder.path, "tidewire.json");
  await writeFile(file, JSON.stringify(config));
  const program = runGateway(["--port", "0", "--redis", redisUrl, "--config", file]);
  const { url } = await untilListening(program);
  await untilReady(url);
  return {
    program,
    url,
    connect: (query = "") => connectPlain(url.replace("http", "ws") + query),
    async [Symbol.asyncDispose]() {
      await program[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

describe("a timer on three gateways", () => {
  test("ticks once for each client, also after one gateway was killed", async () => {
    await using redis = await startRedis();
    const config = { timers: [{ channel: "ticks", every: "200ms", data: "{time}" }] };
    await using first = await startProcess(redis.url, config);
    await using second = await startProcess(redis.url, config);
    await using third = await startProcess(redis.url, config);
    await using onSecond = await second.connect("?channel=ticks");
    await using onThird = await third.connect("?channel=ticks");
    const before = await onSecond.inbox.take(5);
    first.program.kill("SIGKILL");
    await first.program.result;
    const ticks = [...before, ...(await onSecond.inbox.take(10))].map((text) => Date.parse(String(text)));
    const steps = ticks.slice(1).map((tick, index) => tick - (ticks[index] ?? 0));
    // Each later than the one before, by whole intervals: a machine that stalls for one may miss a tick, never double it.
    expect(steps.every((step) => step > 0 && step % 200 === 0)).toBe(true);
    const seenByThird = (await onThird.inbox.take(10)).map((text) => Date.parse(String(text)));
    expect(new Set(seenByThird).size).toBe(10);
  });
});

describe("SIGTERM to a gateway with many clients under load", () => {
  test("closes each with the code, a reason and a time to return, and ends with 0", async () => {
    await using redis = await startRedis();
    await using gateway = await startProcess(redis.url, { limits: { drainTimeoutMs: 2_000 } });
    const clients = await Promise.all(Array.from({ length: 300 }, () => gateway.connect()));
    const [sender] = clients;
    const load = setInterval(() => sender?.send("load"), 1);
    gateway.program.kill("SIGTERM");
    const closed = await Promise.all(clients.map((client) => client.closed));
    clearInterval(load);
    expect(new Set(closed.map(({ code }) => code))).toEqual(new Set([4000]));
    const returns = closed.map(({ reason }) => Number(/come back in (\d+) ms/.exec(reason)?.[1]));
    expect(Math.min(...returns)).toBeLessThan(Math.max(...returns));
    expect(returns.every((returnMs) => returnMs >= 0 && returnMs <= 2_000)).toBe(true);
    expect((await gateway.program.result).exit).toBe(0);
  });

  test("says that it is not ready before it takes nobody new", async () => {
    await using redis = await startRedis();
    await using gateway = await startProcess(redis.url, { limits: { drainNoticeMs: 600_000 } });
    gateway.program.kill("SIGTERM");
    while ((await fetch(`${gateway.url}readyz`)).status === 200);
    await using client = await gateway.connect();
    client.send("still taken");
    expect(await client.next()).toBe("still taken");
    gateway.program.kill("SIGTERM");
    expect((await gateway.program.result).exit).toBe(1);
  });
});

describe("readers that stop", () => {
  test("are cut off when all together hold too much, and the others get everything", async () => {
    await using redis = await startRedis();
    const limits = { maxBufferedBytes: 4_000_000, maxBufferedBytesPerConnection: 1_000_000_000 };
    await using gateway = await startProcess(redis.url, { limits });
    await using sender = await gateway.connect();
    const [readers, stopped] = await Promise.all(
      [20, 20].map((count) => Promise.all(Array.from({ length: count }, () => gateway.connect()))),
    );
    for (const { socket } of stopped ?? []) socket.pause();
    const text = "x".repeat(50_000);
    let sent = 0;
    let metrics = "";
    // How much the kernel takes before anything waits here differs from machine to machine.
    while (!/tidewire_closes_total\{code="backlog"\} [1-9]/.test(metrics)) {
      for (let round = 0; round < 20; round += 1) {
        sender.send(`${(sent += 1)}:${text}`);
        await sender.next();
      }
      metrics = await (await fetch(`${gateway.url}metrics`)).text();
      const buffered = Number(/^tidewire_buffered_bytes (\d+)$/m.exec(metrics)?.[1]);
      // One sixteenth is how much may come between two looks.
      expect(buffered).toBeLessThanOrEqual(limits.maxBufferedBytes * (1 + 1 / 16) + text.length * 40);
    }
    for (const reader of readers ?? []) {
      const got = await reader.inbox.take(sent);
      expect(got.map((each) => Number(String(each).split(":")[0]))).toEqual(
        got.map((_each, index) => index + 1),
      );
    }
    await Promise.all(
      [...(readers ?? []), ...(stopped ?? [])].map((client) => client[Symbol.asyncDispose]()),
    );
  });
});
