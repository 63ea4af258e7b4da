/** What Redis may lose, or keep, and whether a page says so: on servers that are really killed, emptied and promoted. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type RedisServer, startRedis, TcpProxy } from "@tidewire/testkit";
import { describe, expect, test } from "vitest";
import { valueOf } from "./observer.ts";
import { openRawClient, openReadyBroker } from "./open-broker.ts";
import { appendAll, headOf, makeStream, MANY, readAfter, SELDOM, summary } from "./stream-helpers.ts";

type Raw = ReturnType<typeof openRawClient>;

interface Scene {
  readonly server: RedisServer;
  readonly raw: Raw;
  readonly folder: string;
  readonly stack: AsyncDisposableStack;
}

async function openScene(args: readonly string[] = []) {
  const stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "tidewire-streams-"));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  // Otherwise a replica waits for 5 s until it is given anything.
  const quick = ["--repl-diskless-sync-delay", "0"];
  const server = stack.use(await startRedis({ folder, args: [...quick, ...args] }));
  const raw = stack.use(openRawClient(server.url));
  return { server, raw, folder, stack, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

/** Kills the server, without a word to it, and starts another one on what it has left on disk. */
async function restart({ server, raw, folder, stack }: Scene, args: readonly string[] = []) {
  raw.disconnect();
  server.program.kill("SIGKILL");
  await server.program.result;
  return stack.use(await startRedis({ folder, args, port: server.port }));
}

async function withRaw(url: string, action: (raw: Raw) => Promise<unknown>): Promise<void> {
  await using raw = openRawClient(url);
  await action(raw);
}

/** Positions from before anything was lost: of the empty stream, and behind each entry. */
async function prepare(url: string, isDurable = false) {
  await using opened = await openReadyBroker(url, "", { streams: { ...SELDOM, isDurable } });
  const { streams } = opened.broker;
  const start = await makeStream(streams, "s");
  const quiet = await makeStream(streams, "quiet");
  return { positions: [start, ...(await appendAll(streams, "s", ["a", "b", "c"]))], quiet };
}

async function rewriteLog(raw: Raw): Promise<void> {
  await raw.bgrewriteaof();
  const isDone = /aof_rewrite_in_progress:0[^]*aof_rewrites:[1-9]/;
  await expect.poll(() => raw.info("persistence")).toMatch(isDone);
}

type Loss = readonly [name: string, lose: (scene: Scene) => Promise<string>];

const READBACK = ["--appendonly", "yes", "--appendfsync", "always"];

/** Each ends with entries of another program, and returns where the stream is to be found then. */
const LOSSES: readonly Loss[] = [
  [
    "a kill and a restart without persistence",
    async (scene) => {
      const { url } = await restart(scene);
      await withRaw(url, (raw) => raw.xadd("s", "*", "x", "1"));
      return url;
    },
  ],
  [
    "a kill and a restart from an older snapshot",
    async (scene) => {
      await scene.raw.save();
      await scene.raw.xadd("s", "*", "x", "lost");
      const { url } = await restart(scene);
      await withRaw(url, async (raw) => {
        expect(await raw.xlen("s")).toBe(3);
        await raw.xadd("s", "*", "x", "1");
      });
      return url;
    },
  ],
  [
    "DEL and rebirth",
    async ({ server, raw }) => {
      await raw.multi().del("s").xadd("s", "*", "x", "1").xadd("s", "*", "x", "2").exec();
      return server.url;
    },
  ],
  [
    "DEL and rebirth, again and again",
    async ({ server, raw }) => {
      for (let life = 0; life < 3; life += 1) {
        await raw.del("s");
        await withRaw(server.url, () => prepare(server.url));
      }
      return server.url;
    },
  ],
  [
    "its time being over, and rebirth",
    async ({ server, raw }) => {
      await raw.pexpire("s", 1);
      await expect.poll(() => raw.exists("s")).toBe(0);
      await raw.xadd("s", "*", "x", "1");
      return server.url;
    },
  ],
  [
    "eviction of all that is there",
    async ({ server, raw }) => {
      await raw.flushall();
      await raw.xadd("s", "*", "x", "1");
      return server.url;
    },
  ],
  [
    "the loss of the epoch alone",
    async ({ server, raw }) => {
      await raw.del("tidewire:epoch:{s}");
      return server.url;
    },
  ],
  [
    "another stream taking its name",
    async ({ server, raw }) => {
      await raw.xadd("other", "*", "x", "1");
      await raw.rename("other", "s");
      return server.url;
    },
  ],
  [
    "the same entries written anew under their ids",
    async ({ server, raw }) => {
      const entries = await raw.xrange("s", "-", "+");
      await raw.del("s");
      for (const [id, fields] of entries) await raw.xadd("s", id, ...fields);
      return server.url;
    },
  ],
  [
    "being trimmed to one entry",
    async ({ server, raw }) => {
      await raw.xadd("s", "*", "x", "1");
      await raw.xtrim("s", "MAXLEN", 1);
      return server.url;
    },
  ],
  [
    "a later entry being deleted",
    async ({ server, raw }) => {
      const id = await raw.xadd("s", "*", "x", "1");
      await raw.xadd("s", "*", "x", "2");
      await raw.xdel("s", id ?? "");
      return server.url;
    },
  ],
  [
    "a promoted replica that lagged behind",
    async ({ server, raw, stack }) => {
      const proxy = stack.use(await TcpProxy.start(server.port));
      const replica = stack.use(await startRedis({ args: ["--replicaof", `127.0.0.1 ${proxy.port}`] }));
      await using other = openRawClient(replica.url);
      await expect.poll(() => other.xlen("s")).toBe(3);
      proxy.set({ blackhole: ["up", "down"] });
      await raw.xadd("s", "*", "x", "lost");
      server.program.kill("SIGKILL");
      await server.program.result;
      await other.call("REPLICAOF", "NO", "ONE");
      await other.xadd("s", "*", "x", "1");
      expect(await other.xlen("s")).toBe(4);
      return replica.url;
    },
  ],
];

describe("a page is not complete, from no position of before, after", () => {
  test.each(LOSSES)("%s", async (_name, lose) => {
    await using scene = await openScene();
    const { positions } = await prepare(scene.server.url);
    const url = await lose(scene);
    await using opened = await openReadyBroker(url, "", { streams: SELDOM });
    const { streams } = opened.broker;
    for (const position of positions) {
      expect(await readAfter(streams, position)).toMatchObject({ isComplete: false });
      const stretch = { kind: "before", position } as const;
      expect(valueOf(await streams.read("s", { ...MANY, stretch }))).toMatchObject({ isComplete: false });
    }
    // What is true from here on is complete again.
    const head = await headOf(streams, "s");
    await appendAll(streams, "s", ["new"]);
    expect(summary(await readAfter(streams, head))).toEqual({
      texts: ["new"],
      isComplete: true,
      hasMore: false,
    });
  });

  test("other content came under the same id, also where another program made the stream", async () => {
    await using scene = await openScene();
    const { server, raw } = scene;
    for (const id of ["1-1", "2-1", "3-1"]) await raw.xadd("s", id, "a", id);
    await using opened = await openReadyBroker(server.url, "", { streams: SELDOM });
    const { streams } = opened.broker;
    const page = valueOf(await streams.read("s", { ...MANY, stretch: { kind: "last" } }));
    const [first, second] = page.entries;
    if (!first || !second) throw new Error("there are three");
    expect(summary(await readAfter(streams, first.position))).toMatchObject({ isComplete: true });
    await raw.del("s");
    // At first the last position is the head again, but for what its entry holds.
    for (const ids of [["1-1", "2-1", "3-1"], ["4-1"]]) {
      for (const id of ids) await raw.xadd("s", id, "a", `other ${id}`);
      for (const { position } of page.entries) {
        expect(await readAfter(streams, position)).toMatchObject({ isComplete: false });
      }
    }
  });
});

describe("a page is complete", () => {
  test("after a position behind which nothing was deleted, though something before it was", async () => {
    await using scene = await openScene();
    const { positions } = await prepare(scene.server.url);
    await scene.raw.xdel("s", positions[2]?.id ?? "");
    await using opened = await openReadyBroker(scene.server.url, "", { streams: SELDOM });
    const answers = await Promise.all(positions.map((each) => readAfter(opened.broker.streams, each)));
    // Of the start, the entry before the one that was deleted, that one, and the one behind it.
    expect(answers.map(({ isComplete }) => isComplete)).toEqual([false, false, false, true]);
    const last = { stretch: { kind: "last" }, ...MANY } as const;
    expect(valueOf(await opened.broker.streams.read("s", last))).toMatchObject({ isComplete: false });
    expect(valueOf(await opened.broker.streams.read("s", { ...last, limit: 1 }))).toMatchObject({
      isComplete: true,
    });
  });

  test("after the last id of a stream that was trimmed to nothing, by whomever", async () => {
    await using scene = await openScene();
    const { positions, quiet } = await prepare(scene.server.url);
    await scene.raw.xtrim("s", "MAXLEN", 0);
    await using opened = await openReadyBroker(scene.server.url, "", { streams: SELDOM });
    const { streams } = opened.broker;
    const answers = await Promise.all(positions.map((position) => readAfter(streams, position)));
    expect(answers.map(({ isComplete }) => isComplete)).toEqual([false, false, false, true]);
    const stretch = { kind: "after", position: quiet } as const;
    expect(valueOf(await streams.read("quiet", { ...MANY, stretch }))).toMatchObject({ isComplete: true });
  });

  test.each([
    ["as it was written", async () => {}],
    ["written anew meanwhile", rewriteLog],
  ])("after a restart that loses nothing, as the settings say, from a log %s", async (_name, prepareLog) => {
    await using scene = await openScene(READBACK);
    const { positions, quiet } = await prepare(scene.server.url, true);
    await scene.raw.xadd("s", "*", "d", "d");
    await prepareLog(scene.raw);
    const { url } = await restart(scene, READBACK);
    await using durable = await openReadyBroker(url, "", { streams: { ...SELDOM, isDurable: true } });
    for (const [index, position] of positions.entries()) {
      expect(summary(await readAfter(durable.broker.streams, position))).toEqual({
        texts: ["a", "b", "c", "d"].slice(index),
        isComplete: true,
        hasMore: false,
      });
    }
    await appendAll(durable.broker.streams, "quiet", ["first"]);
    const stretch = { kind: "after", position: quiet } as const;
    expect(summary(valueOf(await durable.broker.streams.read("quiet", { ...MANY, stretch })))).toMatchObject({
      texts: ["first"],
      isComplete: true,
    });
    // Whoever is not told so can't know.
    await using doubtful = await openReadyBroker(url, "", { streams: SELDOM });
    for (const position of positions) {
      expect(await readAfter(doubtful.broker.streams, position)).toMatchObject({ isComplete: false });
    }
  });
});
