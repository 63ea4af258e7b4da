import { once } from "node:events";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { describe, expect, test } from "vitest";
import { KEPT } from "./event-reader.ts";
import { startTestGateway, testConfig } from "./test-gateway.ts";

/** Longer than any test may take. */
const PATIENT = { ...testConfig().limits, drainTimeoutMs: 600_000 };
/** More than two sockets hold between them. */
const LARGE_BYTES = 20_000_000;

describe("a stopping gateway", () => {
  test("can be told to stop twice", async () => {
    const gateway = await startTestGateway();
    await using client = await gateway.connect();
    await Promise.all([gateway.drain(), gateway.drain()]);
    expect((await client.closed).code).toBe(4000);
  });

  test("lets its clients leave one after the other", async () => {
    const limits = { ...testConfig().limits, drainTimeoutMs: 1_000 };
    const gateway = await startTestGateway({ config: { limits } });
    const clients = await Promise.all(Array.from({ length: 10 }, () => gateway.connect()));
    const left: number[] = [];
    const leaving = clients.map((client, index) => client.closed.then(() => left.push(index)));
    const drained = gateway.drain();
    await clients[0]?.closed;
    // When the first has left, the last has not: they were not all asked at once.
    expect(left.length).toBeLessThan(clients.length);
    await Promise.all([...leaving, drained]);
  });

  test("does not wait for a request that never ends", async () => {
    const limits = { ...testConfig().limits, drainTimeoutMs: 20 };
    const gateway = await startTestGateway({ config: { limits } });
    const { hostname, port } = new URL(gateway.url);
    const socket = connect(Number(port), hostname);
    const head =
      "POST /message HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{";
    await new Promise((resolve) => socket.write(head, resolve));
    expect((await fetch(`${gateway.url}healthz`)).status).toBe(200);
    socket.on("error", () => {});
    await gateway.drain();
    socket.destroy();
  });

  test("does not wait for a connection on which nothing was asked", async () => {
    const gateway = await startTestGateway({ config: { limits: PATIENT } });
    const { hostname, port } = new URL(gateway.url);
    const socket = connect(Number(port), hostname);
    const closed = once(socket.resume(), "close");
    await once(socket, "connect");
    expect((await fetch(`${gateway.url}healthz`)).status).toBe(200);
    await gateway.drain();
    await closed;
  });

  test("closes a connection with the answer that was still under way", async () => {
    const gateway = await startTestGateway({ config: { limits: PATIENT } });
    const { hostname, port } = new URL(gateway.url);
    const body = JSON.stringify({ channel: "channel", message: "late" });
    const socket = connect(Number(port), hostname);
    // In one piece: what is answered first shows that the head of the other was read, too.
    const heads = [
      "GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n",
      "POST /message HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n",
      `content-length: ${body.length}\r\n\r\n`,
    ];
    socket.write(heads.join(""));
    await once(socket, "data");
    const drained = gateway.drain();
    await expect.poll(() => fetch(`${gateway.url}healthz`).catch(() => "refused")).toBe("refused");
    socket.write(body);
    expect(await text(socket)).toMatch(/^HTTP\/1.1 200 OK/);
    await drained;
    // An idle connection would be closed in the end, after 72 s.
  }, 60_000);

  test("lets a client take all of an answer that is larger than what is on its way at a time", async () => {
    const large = { maxMessageBytes: LARGE_BYTES, maxDeliveredBytes: LARGE_BYTES };
    const config = { channels: KEPT, limits: { ...PATIENT, ...large } };
    const gateway = await startTestGateway({ config });
    await gateway.post({ channel: "kept:1", message: "x".repeat(LARGE_BYTES) });
    const { hostname, port } = new URL(gateway.url);
    const socket = connect(Number(port), hostname).setEncoding("latin1");
    // One that waits behind it is answered, too.
    const paths = ["/api/v1/history?channel=kept:1", "/healthz"];
    for (const path of paths) socket.write(`GET ${path} HTTP/1.1\r\nhost: localhost\r\n\r\n`);
    await once(socket, "readable");
    const drained = gateway.drain();
    await expect.poll(() => fetch(`${gateway.url}healthz`).catch(() => "refused")).toBe("refused");
    const answers = await text(socket);
    await drained;
    expect(answers.match(/x{2,}/)?.[0]).toHaveLength(LARGE_BYTES);
    expect(answers.split("HTTP/1.1 200 OK")).toHaveLength(3);
  });

  test("closes its clients with the code that says to come back", async () => {
    const gateway = await startTestGateway();
    await using client = await gateway.connect();
    await gateway.drain();
    expect(await client.closed).toMatchObject({ code: 4000 });
    await expect(fetch(`${gateway.url}healthz`)).rejects.toThrow("fetch failed");
  });

  test("does not wait longer than its drain time for a client that does not answer", async () => {
    const limits = { ...testConfig().limits, drainTimeoutMs: 20, closeTimeoutMs: 600_000 };
    const gateway = await startTestGateway({ config: { limits } });
    await using client = await gateway.connect();
    client.socket.pause();
    await gateway.drain();
    client.socket.resume();
    expect((await client.closed).code).toBe(4000);
  });
});
