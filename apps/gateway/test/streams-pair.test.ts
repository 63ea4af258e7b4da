import { mkdtempDisposable, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  connectV1,
  runGateway,
  startRedis,
  untilListening,
  untilReady,
  type V1Client,
} from "@tidewire/testkit";
import { describe, expect, test } from "vitest";
import { readEvents, type ServerEvent } from "./event-reader.ts";
import { redisCli } from "./redis-cli.ts";

const CONFIG = { channels: { "kept:*": { history: { size: 100_000 } } }, limits: { lingerMs: 0 } };

/** Gateways as processes, on one Redis. */
async function startPair(redisUrl: string) {
  const folder = await mkdtempDisposable(join(tmpdir(), "tidewire-streams-"));
  const file = join(folder.path, "tidewire.json");
  await writeFile(file, JSON.stringify(CONFIG));
  const start = async () => {
    const program = runGateway(["--port", "0", "--redis", redisUrl, "--config", file]);
    const { url } = await untilListening(program);
    await untilReady(url);
    return { program, url, webSocketUrl: url.replace("http", "ws") };
  };
  const [left, right] = await Promise.all([start(), start()]);
  const dispose = async () => {
    await left.program[Symbol.asyncDispose]();
    await right.program[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  };
  return { left, right, [Symbol.asyncDispose]: dispose };
}

async function enter(webSocketUrl: string): Promise<V1Client> {
  const client = await connectV1(webSocketUrl);
  await client.request("connect");
  return client;
}

describe("a reader of a stream channel", () => {
  test("whose gateway is killed goes on at another one, and misses and repeats nothing", async () => {
    await using redis = await startRedis();
    await using pair = await startPair(redis.url);
    await using publisher = await enter(pair.right.webSocketUrl);
    await using first = await enter(pair.left.webSocketUrl);
    const read: unknown[] = [];
    let since = (await first.request("subscribe", { channel: "kept:1" }))["position"];
    const count = 2_000;
    const publishing = (async () => {
      for (let number = 1; number <= count; number += 1) {
        await publisher.request("publish", { channel: "kept:1", data: number });
      }
    })();
    while (read.length < count / 2) {
      const { data, position } = await first.pushes.next();
      read.push(data);
      since = position;
    }
    pair.left.program.kill("SIGKILL");
    await first.closed;
    // What had come before its end was read by nobody: the reader is where it was.
    await using second = await enter(pair.right.webSocketUrl);
    expect(await second.request("subscribe", { channel: "kept:1", since })).toMatchObject({ complete: true });
    while (read.length < count) read.push((await second.pushes.next())["data"]);
    await publishing;
    expect(read).toEqual(Array.from({ length: count }, (_, index) => index + 1));
  });

  test("of server-sent events goes on with the last id, when its gateway is killed, and misses and repeats nothing", async () => {
    await using redis = await startRedis();
    await using pair = await startPair(redis.url);
    await using publisher = await enter(pair.right.webSocketUrl);
    await using first = await readEvents(pair.left, "?channel=kept:1");
    const read: ServerEvent[] = [];
    const count = 1_000;
    const publishing = (async () => {
      for (let number = 1; number <= count; number += 1) {
        await publisher.request("publish", { channel: "kept:1", data: String(number) });
      }
    })();
    while (read.length < count / 2) read.push(await first.next());
    pair.left.program.kill("SIGKILL");
    await pair.left.program.result;
    const headers = { "last-event-id": read.at(-1)?.id ?? "" };
    await using second = await readEvents(pair.right, "?channel=kept:1", headers);
    while (read.length < count) read.push(await second.next());
    await publishing;
    expect(read.map(({ data }) => Number(data))).toEqual(Array.from({ length: count }, (_, at) => at + 1));
  });

  test("that was at the end of a stream, which has aged away since, is there still at another gateway", async () => {
    await using redis = await startRedis();
    await using pair = await startPair(redis.url);
    await using first = await enter(pair.left.webSocketUrl);
    const { position: since } = await first.request("publish", { channel: "kept:1", data: "old" });
    await redisCli(redis, "XTRIM", "kept:1", "MAXLEN", "0");
    await using second = await enter(pair.right.webSocketUrl);
    expect(await second.request("subscribe", { channel: "kept:1", since })).toMatchObject({ complete: true });
    await first.request("publish", { channel: "kept:1", data: "new" });
    expect(await second.pushes.next()).toMatchObject({ type: "message", data: "new" });
  });

  test("is told of a gap when Redis comes back without what it held, and gets what is new", async () => {
    await using redis = await startRedis();
    await using pair = await startPair(redis.url);
    await using reader = await enter(pair.left.webSocketUrl);
    await using writer = await enter(pair.right.webSocketUrl);
    const { position } = await reader.request("subscribe", { channel: "kept:1" });
    await writer.request("publish", { channel: "kept:1", data: "old" });
    expect(await reader.pushes.next()).toMatchObject({ data: "old" });
    redis.program.kill("SIGKILL");
    await redis.program.result;
    await using again = await startRedis({ port: redis.port });
    await Promise.all([pair.left, pair.right].map(({ url }) => untilReady(url)));
    expect(again.port).toBe(redis.port);
    expect(await reader.pushes.next()).toMatchObject({ type: "gap", channel: "kept:1" });
    await writer.request("publish", { channel: "kept:1", data: "new" });
    expect(await reader.pushes.next()).toMatchObject({ data: "new" });
    await using late = await enter(pair.right.webSocketUrl);
    const back = await late.request("subscribe", { channel: "kept:1", since: position });
    expect(back).toMatchObject({ complete: false });
  });
});

describe("a key that holds no stream", () => {
  test("is refused, and a stream that becomes one ends the subscription", async () => {
    await using redis = await startRedis();
    await using pair = await startPair(redis.url);
    await using client = await enter(pair.left.webSocketUrl);
    await redisCli(redis, "SET", "kept:1", "no stream");
    const refused = await client.request("subscribe", { channel: "kept:1" });
    expect(refused).toMatchObject({ type: "error", code: "forbidden" });
    await client.request("subscribe", { channel: "kept:2" });
    await redisCli(redis, "DEL", "kept:2");
    await redisCli(redis, "SET", "kept:2", "no stream");
    expect(await client.pushes.next()).toMatchObject({ type: "removed", channel: "kept:2" });
  });
});
