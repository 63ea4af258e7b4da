/** Everything that a client can say, and more, from seeds: each line is answered as PROTOCOL.md says. */
import { readFileSync } from "node:fs";
import { mkdtempDisposable, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CLOSE_CODES, decodeRequest, ERROR_CODES, splitFrame } from "@tidewire/protocol";
import {
  connectV1,
  randomFrom,
  runGateway,
  untilListening,
  type V1Client,
  type V1Message,
} from "@tidewire/testkit";
import { expect, test } from "vitest";
import { startTestGateway } from "./test-gateway.ts";

const SEEDS = [1, 2, 3, 4];
const FRAMES_PER_SEED = 25_000;
/** Growth of the gateway's memory over all frames but the first part, in kB: several times what it varies by. */
const MAX_GROWTH_KB = 100_000;

const VALID = [
  { type: "connect", id: 1 },
  { type: "subscribe", id: 2, channel: "room:1", echo: false },
  { type: "unsubscribe", id: 3, channel: "room:1" },
  { type: "publish", id: 4, channel: "room:1", data: { text: "hello", n: [1, 2.5, null] }, key: "k" },
  { type: "publish", id: 5, channel: "room:2", data: "text" },
  { type: "history", id: 6, channel: "room:1" },
  { type: "presence", id: 7, channel: "room:1" },
  { type: "ping", id: 8 },
].map((message) => JSON.stringify(message));

const PIECES = [
  '{"__proto__":{"id":1,"type":"ping"}}',
  '{"id":1,"type":"__proto__"}',
  '{"id":1,"constructor":{"type":"ping"}}',
  '{"type":"ping","id":1e400}',
  '{"type":"ping","id":99999999999999999999}',
  '{"id":1,"type":"ping"}}',
  `{"type":"publish","id":9,"channel":"c","data":${"[".repeat(500)}${"]".repeat(500)}}`,
  `{"type":"publish","id":9,"channel":"c","data":${'{"a":'.repeat(500)}1${"}".repeat(500)}}`,
  `{"type":"publish","id":9,"channel":"${"c".repeat(300)}","data":1}`,
  '{"type":"publish","id":9,"channel":"c","data":"\\ud800"}',
  "[".repeat(2_000),
  "",
];

type Random = () => number;

function pick<Item>(items: readonly Item[], random: Random): Item {
  return items[Math.floor(random() * items.length)] as Item;
}

function mutated(text: string, random: Random): string {
  const at = Math.floor(random() * text.length);
  const character = String.fromCharCode(Math.floor(random() * 128));
  switch (Math.floor(random() * 4)) {
    case 0:
      return text.slice(0, at) + text.slice(at + 1);
    case 1:
      return text.slice(0, at) + character + text.slice(at);
    case 2:
      return text.slice(0, at) + character + text.slice(at + 1);
    default:
      return text.slice(at) + text.slice(0, at);
  }
}

/** Sound more often than not, since what is not ends the connection, and all frames would be first ones. */
function randomLine(random: Random): string {
  const kind = random();
  if (kind < 0.7) return pick(VALID, random);
  if (kind < 0.85) return mutated(pick(VALID, random), random);
  if (kind < 0.95) return pick(PIECES, random);
  const codes = Array.from({ length: Math.floor(random() * 30) }, () => Math.floor(random() * 0xd800));
  return String.fromCharCode(...codes);
}

function randomFrame(random: Random): string {
  return Array.from({ length: 1 + Math.floor(random() ** 4 * 6) }, () => randomLine(random)).join("\n");
}

/** How many replies must come of a frame; `undefined` when the connection is closed instead. */
function repliesTo(frame: string): number | undefined {
  const lines = splitFrame(frame);
  const isSound = lines?.every((line) => decodeRequest(line).kind !== "malformed");
  return isSound ? lines?.length : undefined;
}

/** Sends the frame; resolves to whether the connection lives on, once everything has come that must. */
async function play(client: V1Client, frame: string): Promise<boolean> {
  const replies = repliesTo(frame);
  client.socket.send(frame);
  if (replies === undefined) {
    expect((await client.closed).code).toBe(CLOSE_CODES.malformed.code);
    return false;
  }
  client.socket.send('{"type":"ping","id":4242}');
  for (let left = replies + 1; left > 0;) {
    const lines = (await client.frames.next()).split("\n").map((line) => JSON.parse(line) as V1Message);
    for (const { type, id, code } of lines) {
      if (type === "error") expect(ERROR_CODES).toHaveProperty(String(code));
      if (id !== undefined) left -= 1;
    }
  }
  return true;
}

async function playAll(url: string, seed: number): Promise<void> {
  const random = randomFrom(seed);
  let client: V1Client | undefined;
  for (let left = FRAMES_PER_SEED; left > 0; left -= 1) {
    if (!client) {
      client = await connectV1(url);
      await client.request("connect");
      await client.frames.next();
    }
    const lives = await play(client, randomFrame(random));
    if (!lives) client = undefined;
  }
  await client?.[Symbol.asyncDispose]();
}

function rssKb(pid: number): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
}

test("100,000 frames are each answered as documented, and leave no trace", { timeout: 600_000 }, async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), "tidewire-fuzz-"));
  const file = join(folder.path, "config.json");
  const limits = { maxRequestsPerSecondPerConnection: 1_000_000, maxRequestBurstPerConnection: 1_000_000 };
  await writeFile(file, JSON.stringify({ limits }));
  await using program = runGateway(["--port", "0", "--config", file]);
  const { url } = await untilListening(program);
  const webSocketUrl = url.replace("http", "ws");
  const [first = 0, ...others] = SEEDS;
  await playAll(webSocketUrl, first);
  const beforeKb = rssKb(program.pid);
  await Promise.all(others.map((seed) => playAll(webSocketUrl, seed)));
  expect(rssKb(program.pid) - beforeKb).toBeLessThan(MAX_GROWTH_KB);
  const metrics = await (await fetch(`${url}metrics`)).text();
  expect(metrics).toMatch(/^tidewire_connections 0$/m);
  expect(metrics).toMatch(/^tidewire_channels 0$/m);
  program.kill("SIGTERM");
  const { exit, stdout } = await program.result;
  expect(exit).toBe(0);
  expect(stdout).not.toMatch(/"level":(50|60)/);
});

test("1,000 frames of clients that have not said connect each end as documented", async () => {
  await using gateway = await startTestGateway();
  const random = randomFrom(5);
  for (let left = 1_000; left > 0; left -= 1) {
    const frame = randomFrame(random);
    const [first] = splitFrame(frame) ?? [];
    const result = first === undefined ? undefined : decodeRequest(first);
    // Nothing at all is waited for, and connect is what should come.
    if (!result || (result.kind === "request" && result.request.type === "connect")) continue;
    await using client = await connectV1(gateway.webSocketUrl);
    client.socket.send(frame);
    const { malformed, notConnected } = CLOSE_CODES;
    const { code } = result.kind === "malformed" ? malformed : notConnected;
    expect((await client.closed).code).toBe(code);
  }
});
