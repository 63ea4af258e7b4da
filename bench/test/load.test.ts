/** How the load generators connect, publish and read; both do it in the same way. */
import { once } from "node:events";
import { type AddressInfo, createServer, type Server } from "node:net";
import { type RedisServer, startRedis } from "@tidewire/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { FaultyServer, type Message, type Reader, sendTo } from "./faulty-server.ts";
import { faultsOf, type Generators, KINDS, load, NO_FAULTS, prepareGenerators } from "./generators.ts";

let redis: RedisServer;
let generators: Generators;

beforeAll(async () => {
  [redis, generators] = await Promise.all([startRedis(), prepareGenerators()]);
});

afterAll(async () => {
  await redis[Symbol.asyncDispose]();
  await generators[Symbol.asyncDispose]();
});

const FIN = 0x80;
const [CONTINUATION, TEXT, PING] = [0x0, 0x1, 0x9];

/** An unmasked frame with a short payload. */
function frame(first: number, payload: Buffer): Buffer {
  return Buffer.concat([Buffer.from([first, payload.length]), payload]);
}

/** A message in two fragments, cut after `length` bytes, with a ping in between. */
function fragments({ payload }: Message, length: number): Buffer {
  return Buffer.concat([
    frame(TEXT, payload.subarray(0, length)),
    frame(FIN | PING, Buffer.from("@@")),
    frame(FIN | CONTINUATION, payload.subarray(length)),
  ]);
}

/** Byte for byte, in a write of its own each. */
function writeSlowly({ socket }: Reader, bytes: Buffer): void {
  for (const [index] of bytes.entries()) setImmediate(() => socket.write(bytes.subarray(index, index + 1)));
}

/** What each reader has sent, sorted. */
function answersOf({ readers }: FaultyServer): string[][] {
  return readers.map(({ heard }) => heard.toSorted());
}

async function portOf(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

describe.concurrent.each(KINDS)("the load generator %s", (kind) => {
  test("finds a marker wherever a fragment is cut", async () => {
    await using server = await FaultyServer.start(redis.port, {
      deliver: ({ socket }, message) => socket.write(fragments(message, message.number % 41)),
    });

    const result = await load(generators.of(kind), server.options, { messages: 82, bytes: 64 });

    expect(result).toMatchObject({ ...NO_FAULTS, delivered: 82 * 4 });
  });

  test("finds a marker that comes byte for byte, and behind what only looks like one", async () => {
    await using server = await FaultyServer.start(redis.port, {
      deliver: (reader, { payload }) =>
        writeSlowly(reader, frame(FIN | TEXT, Buffer.concat([Buffer.from("@@7;@@8,@"), payload]))),
    });

    const result = await load(generators.of(kind), server.options, { messages: 10, bytes: 32 });

    expect(result).toMatchObject({ ...NO_FAULTS, delivered: 40 });
  });

  test("finds a marker behind what only looks like one, wherever that is cut", async () => {
    const lookalike = Buffer.from("@@@12,@@");
    await using server = await FaultyServer.start(redis.port, {
      deliver: ({ socket }, { payload, ...message }) =>
        socket.write(
          fragments({ ...message, payload: Buffer.concat([lookalike, payload]) }, message.number % 20),
        ),
    });

    const result = await load(generators.of(kind), server.options, { messages: 40, bytes: 64 });

    expect(result).toMatchObject({ ...NO_FAULTS, delivered: 160 });
  });

  test("finds all messages that come in one frame, and in large frames", async () => {
    const waiting = new Map<Reader, Buffer[]>();
    await using server = await FaultyServer.start(redis.port, {
      deliver(reader, { number, payload }) {
        const payloads = [...(waiting.get(reader) ?? []), payload];
        const isWhole = number === 0 || payloads.length === 20;
        waiting.set(reader, isWhole ? [] : payloads);
        if (isWhole) sendTo(reader, Buffer.concat(payloads));
      },
    });

    const result = await load(generators.of(kind), server.options, { bytes: 4_096 });

    expect(result).toMatchObject({ ...NO_FAULTS, delivered: 160 });
  });

  test("does not count connections that have stopped reading, and reads no more from them", async () => {
    const written = new Map<Reader, number>();
    await using server = await FaultyServer.start(redis.port, {
      deliver(reader, { number, payload }) {
        reader.client.send(payload, { binary: false }, (error) => {
          if (!error && number > 0) written.set(reader, (written.get(reader) ?? 0) + 1);
        });
      },
    });

    // More than the kernel keeps for a socket that nobody reads.
    const options = { connections: 5, stopped: 2, messages: 400, window: 8, bytes: 65_536 };
    const result = await load(generators.of(kind), server.options, options);

    expect(result).toMatchObject({ ...NO_FAULTS, connections: 5, expected: 1_200, delivered: 1_200 });
    expect([...written.values()].filter((count) => count === 400)).toHaveLength(3);
  });

  test("spreads connections and messages over channels, with their numbers in the templates", async () => {
    await using server = await FaultyServer.start(redis.port);

    const options = { connections: 6, channels: 3, messages: 10 };
    const result = await load(generators.of(kind), server.options, options);

    // Channel 0 gets messages 1, 4, 7 and 10, the others three each; two readers for each.
    expect(result).toMatchObject({ ...NO_FAULTS, published: 10, expected: 20, delivered: 20 });
    const numbers = server.messages.filter(({ number }) => number > 0);
    expect(numbers.map(({ channel }) => Number(channel.at(-1)))).toEqual([0, 1, 2, 0, 1, 2, 0, 1, 2, 0]);
  });

  test("subscribes with hellos, and waits until each connection is subscribed", async () => {
    await using server = await FaultyServer.start(redis.port);

    const hellos = ["--path", "/", "--hello", "hi", "--hello", `join ${server.template}`, "--binary"];
    const result = await load(generators.of(kind), [...server.options, ...hellos], { channels: 2 });

    expect(result).toMatchObject({ ...NO_FAULTS, published: 40, delivered: 80 });
    expect(server.readers[0]?.heard).toEqual(["binary:hi", `binary:join ${server.readers[0]?.channel}`]);
  });

  test("answers the pings of WebSockets, Socket.IO, Centrifugo and NATS", async () => {
    await using server = await FaultyServer.start(redis.port, {
      greet(reader) {
        reader.client.ping("are you there");
        for (const text of ["2", "{}", "PING\r\n", "3"]) sendTo(reader, text);
      },
    });

    await load(generators.of(kind), server.options);

    const answers = ["pong:are you there", "text:3", "text:PONG\r\n", "text:{}"];
    expect(answersOf(server)).toEqual([answers, answers, answers, answers]);
  });

  test("publishes over HTTP with the headers and the bytes around the payload that it was given", async () => {
    await using server = await FaultyServer.start(redis.port);

    const around = [
      "--before",
      Buffer.from('{"data":"').toString("hex"),
      "--after",
      Buffer.from('"}').toString("hex"),
    ];
    const http = ["--publish", "http", "--publish-port", String(server.port)];
    const path = ["--channel", `/publish?channel=${server.template}`, "--publish-header", "X-Test: yes"];
    const result = await load(generators.of(kind), [...server.options, ...http, ...path, ...around]);

    expect(result).toMatchObject({ ...NO_FAULTS, published: 40, delivered: 160 });
    expect(server.requests[0]?.headers["x-test"]).toBe("yes");
    expect(server.messages[0]?.payload.toString()).toMatch(/^\{"data":"@@0,0;x{122}"\}$/);
  });

  test("publishes as NATS wants it", async () => {
    await using server = await FaultyServer.start(redis.port);
    const lines: string[] = [];
    const nats = createServer((socket) => {
      let rest = "";
      socket.write("INFO {}\r\nPING\r\n");
      socket.setEncoding("latin1").on("error", () => {});
      socket.on("data", (text: string) => {
        const parts = (rest + text).split("\r\n");
        rest = parts.pop() ?? "";
        for (const part of parts) {
          if (part.startsWith("@@")) server.publish(lines.at(-1)?.split(" ")[1] ?? "", Buffer.from(part));
          else lines.push(part);
        }
      });
    });
    const target = ["--publish", "nats", "--publish-port", String(await portOf(nats))];

    const result = await load(generators.of(kind), [...server.options, ...target]).finally(() =>
      nats.close(),
    );

    expect(result).toMatchObject({ ...NO_FAULTS, published: 40, delivered: 160 });
    expect(lines[0]).toMatch(/^CONNECT /);
    expect(lines).toContain("PONG");
    expect(lines.at(-1)).toMatch(/^PUB channel-\S+ 128$/);
  });

  test("warms up with messages that it does not count", async () => {
    await using server = await FaultyServer.start(redis.port);

    const result = await load(generators.of(kind), server.options, { "warm-up": 500, window: 5 });

    expect(result).toMatchObject({ ...NO_FAULTS, published: 40, delivered: 160 });
    // And with the probes that show that all are subscribed.
    expect(server.messages.filter(({ number }) => number === 0).length).toBeGreaterThan(500);
  });

  test("publishes for a time instead of a number", async () => {
    await using server = await FaultyServer.start(redis.port);

    const options = { duration: 0.2, messages: 1_000_000_000, window: 4 };
    const result = await load(generators.of(kind), server.options, options);

    expect(faultsOf(result)).toEqual(NO_FAULTS);
    expect(result.delivered).toBe(result.published * 4);
    expect(result.published).toBe(server.messages.at(-1)?.number);
  });

  test("publishes nothing when there is nothing to publish, and tells memory and handshakes", async () => {
    await using server = await FaultyServer.start(redis.port);

    const options = { publish: "none", pids: process.pid };
    const result = await load(generators.of(kind), server.options, options);

    expect(result).toMatchObject({ ...NO_FAULTS, generator: kind, published: 0, delivered: 0 });
    expect(server.messages).toEqual([]);
    expect(result.rssIdleKb).toBeGreaterThan(10_000);
    expect(result.connectsPerSecond).toBeGreaterThan(0);
  });

  test("tells latencies, which do not exceed one another, and the CPU of the server", async () => {
    await using server = await FaultyServer.start(redis.port);

    const options = { messages: 4_000, window: 40, pids: process.pid };
    const result = await load(generators.of(kind), server.options, options);

    const { p50Ms, p99Ms, maxMs, cpuSeconds, cpuMicrosPer1000, generatorBusy } = result;
    expect(Math.min(p50Ms, cpuSeconds, generatorBusy)).toBeGreaterThan(0);
    expect([p50Ms, p99Ms, maxMs]).toEqual([p50Ms, p99Ms, maxMs].toSorted((a, b) => a - b));
    expect(cpuMicrosPer1000 / ((cpuSeconds * 1e9) / result.delivered)).toBeCloseTo(1, 1);
  });

  test("fails when a publication is refused over HTTP", async () => {
    await using server = await FaultyServer.start(redis.port);
    await using refusing = await FaultyServer.start(redis.port, { refusal: 403 });

    const http = ["--publish", "http", "--publish-port", String(refusing.port), "--channel", "/publish"];

    await expect(load(generators.of(kind), [...server.options, ...http])).rejects.toThrow(
      /a publication was refused: HTTP\/1.1 403/,
    );
  });

  test("fails when a publication is refused by Redis", async () => {
    await using strict = await startRedis({ args: ["--requirepass", "secret"] });
    await using server = await FaultyServer.start(redis.port);

    const target = [...server.options, "--publish-port", String(strict.port)];

    await expect(load(generators.of(kind), target)).rejects.toThrow(/a publication was refused: -NOAUTH/);
  });

  test("fails when the connection that publishes is closed", async () => {
    await using server = await FaultyServer.start(redis.port);
    const closing = createServer((socket) => socket.on("error", () => {}).end());
    const target = [...server.options, "--publish-port", String(await portOf(closing))];

    const outcome = load(generators.of(kind), target).finally(() => closing.close());

    await expect(outcome).rejects.toThrow(/the server closed the connection that publishes|publishing: /);
  });

  test("fails when a handshake is refused", async () => {
    await using server = await FaultyServer.start(redis.port, { refusal: 403 });

    await expect(load(generators.of(kind), server.options)).rejects.toThrow(
      /the handshake was refused: .*403/,
    );
  });

  test.each([
    ["connections that are no multiple of the channels", { connections: 5, channels: 2 }],
    ["more stopped readers than connections", { stopped: 4 }],
    ["a payload that has no room for a marker", { bytes: 10 }],
    ["a way to publish that there is not", { publish: "pigeon" }],
    ["an option that there is not", { pigeons: 1 }],
  ])("fails with %s", async (_what, options) => {
    await using server = await FaultyServer.start(redis.port);

    await expect(load(generators.of(kind), server.options, options)).rejects.toThrow(/ended with [12]: ./);
  });
});
