import { mkdtempDisposable, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ChannelRules } from "../src/channel-rules.ts";
import { type ConfigResult, readConfig } from "../src/config.ts";

/** What is made of a file, and of more arguments. */
async function read(file: object, ...argv: readonly string[]): Promise<ConfigResult> {
  await using folder = await mkdtempDisposable(join(tmpdir(), "tidewire-config-"));
  const path = join(folder.path, "tidewire.json");
  await writeFile(path, JSON.stringify(file));
  return readConfig(["--config", path, ...argv], {});
}

/** How a channel is kept; `undefined` for a live one. */
async function streamOf(channel: string, file: object, ...argv: readonly string[]) {
  const result = await read(file, ...argv);
  if (result.kind !== "config") throw new Error(JSON.stringify(result));
  return new ChannelRules(result.config.channels, result.config.limits).of(channel).stream;
}

describe("a channel", () => {
  test.each([
    [{ stream: true }, { retention: {}, isTailed: false }],
    [{ tail: true }, { retention: {}, isTailed: true }],
    [{ history: {} }, { retention: {}, isTailed: false }],
    [{ history: { size: 10, ttl: "1h" } }, { retention: { maxLength: 10, maxAgeMs: 3_600_000 } }],
  ])("with %j is kept", async (rule, stream) => {
    expect(await streamOf("room:1", { channels: { "room:*": rule } })).toMatchObject(stream);
  });

  test.each([{}, { stream: false }, { echo: false }])("with %j is live", async (rule) => {
    expect(await streamOf("room:1", { channels: { "room:*": rule } })).toBeUndefined();
  });

  test.each([
    [{ stream: false, tail: true }, "of streams only"],
    [{ history: { ttl: "soon" } }, "a time of a second or more"],
    [{ history: { ttl: "10ms" } }, "a time of a second or more"],
    [{ history: { size: 0 } }, "size"],
    [{ history: { length: 5 } }, "length"],
  ])("with %j is a fault of the configuration", async (rule, words) => {
    const result = await read({ channels: { "room:*": rule } });
    expect(result).toMatchObject({ kind: "faults", faults: [expect.stringContaining(words)] });
  });

  test("that is kept can't have a timer", async () => {
    const timers = [{ channel: "room:1", every: "10s", data: "x" }];
    const result = await read({ channels: { "room:*": { stream: true } }, timers });
    expect(result).toMatchObject({ faults: [expect.stringContaining("live channels only")] });
  });
});

describe("the Redis of the file", () => {
  test.each([
    ["redis://10.0.0.1:6380", false],
    [{ url: "redis://10.0.0.1:6380" }, false],
    [{ url: "redis://10.0.0.1:6380", durable: true }, true],
  ])("may be %j", async (redis, isRedisDurable) => {
    const config = { redis: { host: "10.0.0.1", port: 6_380 }, isRedisDurable };
    expect(await read({ redis })).toMatchObject({ config });
  });

  test("may be durable wherever it is, and nothing else", async () => {
    expect(await read({ redis: { durable: true } }, "--redis", "redis://10.0.0.1")).toMatchObject({
      config: { redis: { host: "10.0.0.1" }, isRedisDurable: true },
    });
    expect(await read({ redis: { durabel: true } })).toMatchObject({ kind: "faults" });
  });
});

describe("--stream", () => {
  test("names the channel of clients that name none, and has it read as it grows", async () => {
    expect(await read({}, "--stream", "mystream")).toMatchObject({ config: { channel: "mystream" } });
    expect(await streamOf("mystream", {}, "--stream", "mystream")).toMatchObject({ isTailed: true });
    expect(await streamOf("another", {}, "--stream", "mystream")).toBeUndefined();
  });

  test("leaves what the rule of the channel says otherwise", async () => {
    const channels = { "my*": { history: { size: 5 }, publish: "nobody" } };
    const result = await read({ stream: "mystream", channels });
    expect(result).toMatchObject({ config: { channels: { mystream: { publish: "nobody", tail: true } } } });
    expect(await streamOf("mystream", { stream: "mystream", channels })).toMatchObject({
      retention: { maxLength: 5 },
    });
  });

  test("and --channel are not given together", async () => {
    expect(await read({}, "--stream", "a", "--channel", "b")).toMatchObject({
      faults: [expect.stringContaining("not both")],
    });
  });
});
