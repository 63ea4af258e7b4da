/** The client in examples/python, which was written from PROTOCOL.md alone, against real gateways. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import {
  connectPlain,
  Inbox,
  type Program,
  run,
  runGateway,
  startRedis,
  TcpProxy,
  untilListening,
  untilReady,
} from "@tidewire/testkit";
import { expect, test } from "vitest";

/** The system's own, whose packages are those of the distribution. */
const PYTHON = "/usr/bin/python3";
const EXAMPLES = fileURLToPath(new URL("../../../examples/python/", import.meta.url));
const CONFIG = fileURLToPath(new URL("../../../packages/protocol/vectors/gateway.json", import.meta.url));
const ENV = { PATH: process.env["PATH"], PYTHONDONTWRITEBYTECODE: "1" };

/** The address for WebSockets, once clients are taken. */
async function webSocketUrl(gateway: Program): Promise<string> {
  const { url } = await untilListening(gateway);
  await untilReady(url);
  return url.replace("http:", "ws:");
}

/** chat.py with a person at the keyboard. */
class Chat implements AsyncDisposable {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #exit: Promise<unknown[]>;
  /** What it prints: the lines of the others. */
  readonly lines = new Inbox<string>();
  /** What it says besides. */
  readonly remarks = new Inbox<string>();

  constructor(url: string, channel: string) {
    this.#child = spawn(PYTHON, [`${EXAMPLES}chat.py`, url, channel], { env: ENV });
    this.#exit = once(this.#child, "close");
    createInterface({ input: this.#child.stdout }).on("line", (line) => this.lines.push(line));
    createInterface({ input: this.#child.stderr }).on("line", (line) => this.remarks.push(line));
    this.#child.once("close", (code) => {
      this.lines.end(`chat.py ended with ${code}`);
      this.remarks.end(`chat.py ended with ${code}`);
    });
  }

  type(line: string): void {
    this.#child.stdin.write(`${line}\n`);
  }

  /** Ends the input; resolves to the exit code. */
  async end(lastLine: string): Promise<unknown> {
    this.#child.stdin.end(lastLine);
    const [code] = await this.#exit;
    return code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#exit;
  }
}

async function joined(url: string): Promise<Chat> {
  const chat = new Chat(url, "room:1");
  await chat.remarks.find((remark) => remark === "joined room:1");
  return chat;
}

test("every vector passes, and every conversation with a gateway", async () => {
  await using gateway = runGateway(["--port", "0", "--config", CONFIG]);
  const url = await webSocketUrl(gateway);
  const { exit, stdout, stderr } = await run(PYTHON, [`${EXAMPLES}vectors.py`, url], { env: ENV });
  // All of the report, so that a failure is seen as it was told.
  const passed = ["channels", "patterns", "requests", "answers", "closes", "conversations"].map((name) =>
    expect.stringMatching(new RegExp(`^${name}\\.json: [1-9]\\d* passed, 0 failed$`)),
  );
  expect({ exit, stderr, report: stdout.split("\n") }).toEqual({ exit: 0, stderr: "", report: passed });
});

test("two chats and a plain client talk to each other across two gateways", async () => {
  await using redis = await startRedis();
  await using left = runGateway(["--port", "0", "--redis", redis.url]);
  await using right = runGateway(["--port", "0", "--redis", redis.url]);
  const [leftUrl, rightUrl] = await Promise.all([webSocketUrl(left), webSocketUrl(right)]);
  await using alice = await joined(leftUrl);
  await using bob = await joined(rightUrl);
  await using carol = await connectPlain(`${rightUrl}?channel=room:1`);

  alice.type("hello from alice");
  expect([await bob.lines.next(), await carol.next()]).toEqual(["hello from alice", "hello from alice"]);
  bob.type("grüße from bob 🌊");
  expect([await alice.lines.next(), await carol.next()]).toEqual(["grüße from bob 🌊", "grüße from bob 🌊"]);
  carol.send('{"text":"hello from carol"}');
  const json = '{"text": "hello from carol"}';
  expect([await alice.lines.next(), await bob.lines.next()]).toEqual([json, json]);
  expect(await carol.next()).toBe('{"text":"hello from carol"}');

  expect(await alice.end("one\ntwo")).toBe(0);
  expect(await bob.lines.take(2)).toEqual(["one", "two"]);
  expect(await carol.inbox.take(2)).toEqual(["one", "two"]);
});

test("a chat goes to another gateway when its own leaves, and sends what was typed meanwhile", async () => {
  await using redis = await startRedis();
  await using left = runGateway(["--port", "0", "--redis", redis.url]);
  await using right = runGateway(["--port", "0", "--redis", redis.url]);
  const [leftUrl, rightUrl] = await Promise.all([webSocketUrl(left), webSocketUrl(right)]);
  await using proxy = await TcpProxy.start(Number(new URL(leftUrl).port));
  await using alice = await joined(`ws://127.0.0.1:${proxy.port}`);
  await using carol = await connectPlain(`${rightUrl}?channel=room:1`);

  proxy.moveTo(Number(new URL(rightUrl).port));
  left.kill("SIGTERM");
  expect(await alice.remarks.next()).toMatch(/^connection lost: 4000 /);
  alice.type("typed meanwhile");
  // Sooner or later: a gateway that is slow to answer is tried again.
  await alice.remarks.find((remark) => remark === "joined room:1");
  expect(await carol.next()).toBe("typed meanwhile");
  carol.send("welcome back");
  expect(await alice.lines.next()).toBe("welcome back");
  expect(await alice.end("bye")).toBe(0);
  expect(await carol.inbox.take(2)).toEqual(["welcome back", "bye"]);
});
