import { fileURLToPath } from "node:url";
import { connectPlain, Program, startRedis } from "@tidewire/testkit";
import { expect, test } from "vitest";
import { readConfig } from "../src/config.ts";
import { redisCli } from "./redis-cli.ts";
import { startOnRedis } from "./redis-gateway.ts";

const SERVER = fileURLToPath(new URL("../../../examples/stream-bus/server.js", import.meta.url));

/** What `--stream mystream --redis URL` starts. */
function startOn(url: string) {
  const read = readConfig(["--stream", "mystream", "--port", "0"], {});
  if (read.kind !== "config") throw new Error("the configuration is not sound");
  return startOnRedis(url, read.config);
}

test("a stream is shared by two gateways, redis-cli and a server of another kind", async () => {
  await using redis = await startRedis();
  await using server = new Program(process.execPath, [SERVER, "--port", "0", "--redis", redis.url]);
  const [, port = ""] = /port (\d+)/.exec(await server.line(/listening/)) ?? [];
  await using left = await startOn(redis.url);
  await using right = await startOn(redis.url);
  await using alice = await left.connect();
  await using bob = await right.connect();
  await using carol = await connectPlain(`ws://127.0.0.1:${port}/`);
  const clients = [alice, bob, carol];
  const seen = () => Promise.all(clients.map((client) => client.next().then(String)));

  await redisCli(redis, "XADD", "mystream", "*", "aaa", "1234");
  expect(await seen()).toEqual(["1234", "1234", "1234"]);
  for (const client of clients) {
    client.send("hello");
    expect(await seen()).toEqual(["hello", "hello", "hello"]);
  }
  await redisCli(redis, "XADD", "mystream", "*", "name", "tide", "height", "3");
  const [first, second] = await seen();
  expect([first, second]).toEqual(['{"name":"tide","height":"3"}', '{"name":"tide","height":"3"}']);
  const entries = await redisCli(redis, "XREVRANGE", "mystream", "+", "-");
  expect(entries.split("\n").filter((line) => line === "message")).toHaveLength(3);
});

test("what is published on the stream's name without being added to it reaches nobody, and is counted", async () => {
  await using redis = await startRedis();
  await using gateway = await startOn(redis.url);
  await using client = await gateway.connect();
  await redisCli(redis, "PUBLISH", "mystream", "stray");
  await redisCli(redis, "XADD", "mystream", "*", "message", "kept");
  expect(await client.next()).toBe("kept");
  // It has come another way.
  const metrics = async () => (await fetch(`${gateway.url}metrics`)).text();
  await expect.poll(metrics).toMatch(/^tidewire_stray_publications_total 1$/m);
});
