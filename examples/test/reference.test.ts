import { mkdtempDisposable, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectPlain, runGateway, startRedis, untilListening, untilReady } from "@tidewire/testkit";
import { expect, test } from "vitest";
import { Walkthrough } from "./walkthrough.ts";

/** Resolves when somebody is subscribed to the channel, which nothing else tells from outside. */
async function untilSubscribed(url: string, channel: string): Promise<void> {
  const ask = async () => (await fetch(`${url}api/v1/channels?prefix=${channel}`)).json();
  await expect.poll(ask).toMatchObject({ channels: [{ channel, subscribers: 1 }] });
}

async function signIn(walk: Walkthrough): Promise<void> {
  const [gateway, token] = await Promise.all([walk.startGateway("JWT_SECRET="), walk.run("JWT_SECRET=")]);
  await using client = await connectPlain(`${gateway.webSocketUrl}?token=${token}`);
  await walk.run("pnpm --filter publisher exec publish --user 7");
  expect(await client.next()).toBe("only for user 7");
  gateway.program.kill("SIGKILL");
}

async function readEvents(walk: Walkthrough, webSocketUrl: string): Promise<void> {
  const events = walk.start("curl -N");
  await events.line(/^retry:/);
  await using client = await connectPlain(`${webSocketUrl}?channel=room:1`);
  client.send("an event");
  expect(await events.line(/^data:/)).toBe("data: an event");
}

async function publish(walk: Walkthrough, webSocketUrl: string): Promise<void> {
  await using client = await connectPlain(webSocketUrl);
  const ticks = walk.start("pnpm --filter publisher exec publish");
  expect(await client.next()).toBe("tick");
  ticks.kill("SIGINT");
  // More than one, where Ctrl-C came late.
  expect((await ticks.result).stdout).toMatch(/^[1-9]\d* messages? published/m);
  await using reader = await connectPlain(`${webSocketUrl}?channel=room:log`);
  const [toUser, , json] = await Promise.all([
    walk.run("pnpm --filter publisher exec publish --user 7"),
    walk.run("seq"),
    walk.run("pnpm --filter publisher exec publish"),
  ]);
  expect(toUser).toContain("user:7");
  expect(await reader.inbox.take(3)).toEqual(["1", "2", "3"]);
  expect(JSON.parse(json)).toMatchObject({ channel: "channel", receivers: 1 });
}

/** @param url of the gateway */
async function read(walk: Walkthrough, url: string): Promise<void> {
  await using client = await connectPlain(`${url.replace("http:", "ws:")}?channel=orders`);
  for (const order of ["first", "second"]) {
    client.send(order);
    await client.next();
  }
  expect(await walk.run("pnpm --filter publisher exec history")).toBe("first\nsecond");
  const tail = walk.start("pnpm --filter publisher exec tail");
  const one = walk.start("pnpm --filter publisher exec tail");
  await tail.line(/^second$/);
  client.send("third");
  await tail.line(/^third$/);
  tail.kill("SIGINT");
  expect((await tail.result).stdout).toBe("first\nsecond\nthird");

  await untilSubscribed(url, "channel");
  await using other = await connectPlain(url.replace("http:", "ws:"));
  other.send("one");
  expect(await one.result).toMatchObject({ exit: 0, stdout: "one" });
}

test("the commands of the reference do what it says", async () => {
  await using redis = await startRedis();
  await using walk = new Walkthrough("docs/REFERENCE.md", { redis });
  await signIn(walk);
  await using folder = await mkdtempDisposable(join(tmpdir(), "tidewire-reference-"));
  const config = join(folder.path, "tidewire.json");
  await writeFile(config, JSON.stringify({ channels: { orders: { stream: true } } }));
  await using gateway = runGateway(["--port", "0", "--config", config], { REDIS_URL: redis.url });
  const { url } = await untilListening(gateway);
  await untilReady(url);
  walk.bind("1234", Number(new URL(url).port));
  const webSocketUrl = url.replace("http:", "ws:");
  await readEvents(walk, webSocketUrl);
  await publish(walk, webSocketUrl);
  await read(walk, url);
  expect(walk.rest).toEqual([]);
});
