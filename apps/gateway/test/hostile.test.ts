/** Peers that mean harm, on raw sockets: each is answered as documented, and a neighbour notices nothing. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { CLOSE_CODES } from "@tidewire/protocol";
import { Inbox, randomFrom } from "@tidewire/testkit";
import { describe, expect, test } from "vitest";
import type { Limits } from "../src/limits.ts";
import { startTestGateway, type TestGateway, testConfig } from "./test-gateway.ts";
import { HANDSHAKE } from "./handshake.ts";

function startWith(limits: Partial<Limits>): Promise<TestGateway> {
  return startTestGateway({ config: { limits: { ...testConfig().limits, ...limits } } });
}

async function openSocket(gateway: TestGateway): Promise<Socket> {
  const { hostname, port } = new URL(gateway.url);
  const socket = connect({ host: hostname, port: Number(port), noDelay: true });
  socket.on("error", () => {});
  await once(socket, "connect");
  return socket;
}

/** A socket past its handshake, and the bytes that came after the 101. */
async function openRaw(gateway: TestGateway) {
  const socket = await openSocket(gateway);
  socket.write(`${HANDSHAKE.join("\r\n")}\r\n\r\n`);
  let received = "";
  while (!received.includes("\r\n\r\n"))
    received += ((await once(socket, "data")) as [Buffer])[0].toString("latin1");
  return socket;
}

/** The status and the body of what the gateway answers before it hangs up. */
async function answerOf(socket: Socket): Promise<{ status: string; body: string }> {
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  const [head = "", body = ""] = Buffer.concat(chunks).toString().split("\r\n\r\n");
  return { status: head.split(" ")[1] ?? "", body };
}

/** The code in the close frame with which the gateway ends, after frames that this test does not look at. */
async function closeCodeOf(socket: Socket): Promise<number | undefined> {
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  const bytes = Buffer.concat(chunks);
  const start = bytes.lastIndexOf(0x88);
  return start === -1 ? undefined : bytes.readUInt16BE(start + 2);
}

/** A masked frame; the mask is zero, which leaves the payload as it is. */
function frame(firstByte: number, payload: Buffer, length = payload.length): Buffer {
  const size = length < 126 ? Buffer.of(0x80 | length) : Buffer.of(0x80 | 126, length >> 8, length & 0xff);
  return Buffer.concat([Buffer.of(firstByte), size, Buffer.alloc(4), payload]);
}

const TEXT = 0x81;
const TEXT_BEGUN = 0x01;
const CONTINUED = 0x00;
const PING = 0x89;

// Not once(): that rejects with the error of a socket that the other side has reset.
function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once("close", () => resolve()));
}

/** What somebody else gets meanwhile who says "still here". */
async function neighbourOf(gateway: TestGateway): Promise<string | Buffer> {
  await using client = await gateway.connect();
  client.send("still here");
  return await client.next();
}

describe("before the upgrade", () => {
  test("headers that never end are answered with 408", async () => {
    await using gateway = await startWith({ requestTimeoutMs: 50 });
    const socket = await openSocket(gateway);
    socket.write("GET / HTTP/1.1\r\nhost: localhost\r\nx-slow: ");
    expect(await answerOf(socket)).toMatchObject({ status: "408", body: expect.stringContaining("timeout") });
    expect(await neighbourOf(gateway)).toBe("still here");
  });

  test("headers without end in size are answered with 431", async () => {
    await using gateway = await startWith({ maxHeaderBytes: 2_000 });
    const socket = await openSocket(gateway);
    socket.write(`GET / HTTP/1.1\r\nhost: localhost\r\n${"x-many: 1\r\n".repeat(300)}\r\n`);
    expect(await answerOf(socket)).toMatchObject({
      status: "431",
      body: expect.stringContaining("headers_too_large"),
    });
    expect(await neighbourOf(gateway)).toBe("still here");
  });

  test("a fault on a connection that was used before is answered, too", async () => {
    await using gateway = await startTestGateway();
    const socket = await openSocket(gateway);
    socket.write("GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n");
    await once(socket, "data");
    socket.write("no HTTP\r\n\r\n");
    expect(await answerOf(socket)).toMatchObject({
      status: "400",
      body: expect.stringContaining("bad_request"),
    });
  });

  test("a port that is only tried is no refusal", async () => {
    await using gateway = await startTestGateway();
    for (let round = 0; round < 3; round += 1) {
      const socket = await openSocket(gateway);
      socket.resetAndDestroy();
      await closed(socket);
    }
    expect(await neighbourOf(gateway)).toBe("still here");
    const metrics = await (await fetch(`${gateway.url}metrics`)).text();
    expect(metrics).not.toContain("tidewire_refusals_total{");
  });

  test("what is no HTTP is answered with 400", async () => {
    await using gateway = await startTestGateway();
    const socket = await openSocket(gateway);
    socket.write("\u0016\u0003\u0001 hello\r\n\r\n");
    expect(await answerOf(socket)).toMatchObject({
      status: "400",
      body: expect.stringContaining("bad_request"),
    });
    expect(await neighbourOf(gateway)).toBe("still here");
  });
});

describe("after the upgrade", () => {
  const half = Buffer.alloc(10, "x");

  test.each([
    [
      "an unmasked frame",
      [Buffer.concat([Buffer.of(TEXT, 2), Buffer.from("hi")])],
      CLOSE_CODES.protocolError,
    ],
    ["a reserved bit", [frame(0xc1, half)], CLOSE_CODES.protocolError],
    ["an unknown opcode", [frame(0x83, half)], CLOSE_CODES.protocolError],
    ["a continuation of nothing", [frame(0x80, half)], CLOSE_CODES.protocolError],
    ["a message inside a message", [frame(TEXT_BEGUN, half), frame(TEXT, half)], CLOSE_CODES.protocolError],
    ["a ping in fragments", [frame(0x09, half)], CLOSE_CODES.protocolError],
    ["a ping that is too long", [frame(PING, Buffer.alloc(126))], CLOSE_CODES.protocolError],
    [
      "a frame that announces too much",
      [frame(TEXT, half, 65_535), Buffer.alloc(1)],
      CLOSE_CODES.messageTooLarge,
    ],
    [
      "fragments that add up to too much",
      [frame(TEXT_BEGUN, Buffer.alloc(600)), frame(CONTINUED, Buffer.alloc(600))],
      CLOSE_CODES.messageTooLarge,
    ],
    [
      "empty fragments without end",
      [
        frame(TEXT_BEGUN, Buffer.alloc(0)),
        ...Array.from({ length: 20 }, () => frame(CONTINUED, Buffer.alloc(0))),
      ],
      CLOSE_CODES.policyViolation,
    ],
  ])("%s is closed with the code for it", async (_name, frames, expected) => {
    await using gateway = await startWith({ maxMessageBytes: 1_000, maxFragments: 16, closeTimeoutMs: 50 });
    const socket = await openRaw(gateway);
    const code = closeCodeOf(socket);
    for (const bytes of frames) socket.write(bytes);
    expect(await code).toBe(expected.code);
    expect(await neighbourOf(gateway)).toBe("still here");
  });

  test("a frame in pieces of one byte is a frame", async () => {
    await using gateway = await startTestGateway();
    await using listener = await gateway.connect();
    const socket = await openRaw(gateway);
    for (const byte of frame(TEXT, Buffer.from("piece by piece"))) {
      await new Promise((resolve) => socket.write(Buffer.of(byte), resolve));
    }
    expect(await listener.next()).toBe("piece by piece");
    socket.destroy();
  });

  test("a frame that never ends costs its sender the connection, by the heartbeat", async () => {
    await using gateway = await startWith({ heartbeatIntervalMs: 50 });
    const socket = await openRaw(gateway);
    socket.write(frame(TEXT, half, 100));
    socket.resume();
    await closed(socket);
    expect(await neighbourOf(gateway)).toBe("still here");
  });

  test("pings without end that take no answers cost their sender the connection", async () => {
    await using gateway = await startTestGateway();
    const socket = await openRaw(gateway);
    socket.pause();
    const pings = Buffer.concat(Array.from({ length: 1_000 }, () => frame(PING, Buffer.alloc(125))));
    const ended = closed(socket);
    const write = () => socket.writable && socket.write(pings, write);
    write();
    await ended;
    expect(await neighbourOf(gateway)).toBe("still here");
  });

  test("a message that comes slowly is no silence, however long it takes", async () => {
    await using gateway = await startWith({ heartbeatIntervalMs: 100 });
    await using listener = await gateway.connect();
    const beats = new Inbox<string>();
    listener.socket.on("ping", () => beats.push("ping"));
    const socket = await openRaw(gateway);
    const bytes = frame(TEXT, Buffer.from("x".repeat(60)));
    socket.resume();
    // One byte for each beat of a neighbour: always something, never a whole message.
    for (const byte of bytes.subarray(0, 8)) {
      socket.write(Buffer.of(byte));
      await beats.next();
    }
    socket.write(bytes.subarray(8));
    expect(await listener.next()).toBe("x".repeat(60));
    socket.destroy();
  });

  test("a client that answers the heartbeat stays, one that does not is cut off and counted", async () => {
    await using gateway = await startWith({ heartbeatIntervalMs: 50 });
    const beats = new Inbox<string>();
    await using alive = await gateway.connect();
    alive.socket.on("ping", () => beats.push("ping"));
    const silent = await openRaw(gateway);
    silent.resume();
    await closed(silent);
    await beats.take(3);
    alive.send("still here");
    expect(await alive.next()).toBe("still here");
    expect(await (await fetch(`${gateway.url}metrics`)).text()).toContain(
      'tidewire_closes_total{code="silent"} 1',
    );
  });
});

function randomFrame(random: () => number): Buffer {
  const payload = Buffer.from(
    Array.from({ length: Math.floor(random() * 40) }, () => Math.floor(random() * 256)),
  );
  const kinds = [TEXT, TEXT_BEGUN, CONTINUED, 0x80, 0x82, PING, 0x8a, 0x88, Math.floor(random() * 256)];
  const bytes = frame(kinds[Math.floor(random() * kinds.length)] ?? TEXT, payload);
  if (random() < 0.1) bytes[1] = Math.floor(random() * 256);
  return bytes;
}

test.each([1, 2, 3, 4])(
  "25,000 random frames of seed %i end no process and hurt no neighbour",
  async (seed) => {
    const random = randomFrom(seed);
    await using gateway = await startWith({ closeTimeoutMs: 50 });
    await using neighbour = await gateway.connect("?channel=quiet");
    let left = 25_000;
    while (left > 0) {
      const socket = await openRaw(gateway);
      socket.resume();
      const ended = closed(socket);
      while (left > 0 && socket.writable) {
        const burst = Array.from({ length: Math.min(left, 50) }, () => randomFrame(random));
        left -= burst.length;
        await Promise.race([new Promise((resolve) => socket.write(Buffer.concat(burst), resolve)), ended]);
      }
      socket.destroy();
      await ended;
    }
    neighbour.send("still here");
    expect(await neighbour.next()).toBe("still here");
  },
);
