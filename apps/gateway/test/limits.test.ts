import { createMemoryBroker } from "@tidewire/broker";
import { connectPlain } from "@tidewire/testkit";
import { describe, expect, test } from "vitest";
import { startTestGateway, testConfig, type TestGatewayOptions } from "./test-gateway.ts";

/** The headers of a client at that address, as a proxy would write them. */
function from(address: string) {
  return { headers: { "x-forwarded-for": address } };
}

describe("behind a trusted proxy", () => {
  const limits = { ...testConfig().limits, maxConnectionsPerAddress: 1 };
  const config = {
    trustProxy: ["127.0.0.1"],
    apiKeys: [{ name: "test", key: "key", scopes: ["publish" as const] }],
    limits,
  };

  test("connections are counted by the client's address, and each place is given back", async () => {
    await using gateway = await startTestGateway({ config });
    const first = await connectPlain(gateway.webSocketUrl, [], from("203.0.113.7"));
    expect(await gateway.refused("", [], from("203.0.113.7"))).toMatchObject({
      status: 429,
      body: { error: { code: "too_many_connections" } },
    });
    await using other = await connectPlain(gateway.webSocketUrl, [], from("203.0.113.8"));
    await using invented = await connectPlain(gateway.webSocketUrl, [], from("203.0.113.7, 203.0.113.9"));
    for (const client of [other, invented]) {
      client.send("in");
      expect(await client.next()).toBe("in");
    }
    first.socket.close();
    await first.closed;
    await using again = await connectPlain(gateway.webSocketUrl, [], from("203.0.113.7"));
    expect(again.socket.readyState).toBe(again.socket.OPEN);
  });

  test("a place is given back when the upgrade comes to nothing", async () => {
    let isRefusing = true;
    const createBroker: TestGatewayOptions["createBroker"] = (handlers) => {
      const memory = createMemoryBroker(handlers);
      const subscribe: typeof memory.subscribe = async (channel) =>
        isRefusing ? { ok: false, error: { code: "refused", message: "no" } } : memory.subscribe(channel);
      return { ...memory, subscribe };
    };
    await using gateway = await startTestGateway({ config, createBroker });
    expect(await gateway.refused("", [], from("203.0.113.7"))).toMatchObject({ status: 403 });
    isRefusing = false;
    const headers = { ...from("203.0.113.7").headers, "sec-websocket-protocol": "tidewire.plain,," };
    expect(await gateway.refused("", [], { headers })).toMatchObject({ status: 400 });
    await using client = await connectPlain(gateway.webSocketUrl, [], from("203.0.113.7"));
    expect(client.socket.readyState).toBe(client.socket.OPEN);
  });
});

test("what waits for many readers is bounded, though each alone holds little", async () => {
  const limits = { ...testConfig().limits, maxBufferedBytes: 500_000 };
  await using gateway = await startTestGateway({ config: { limits } });
  await using sender = await gateway.connect();
  const readers = await Promise.all(Array.from({ length: 40 }, () => gateway.connect()));
  for (const { socket } of readers) socket.pause();
  // Texts so small that each reader stays below what Node.js itself would call full.
  const text = "x".repeat(10_000);
  let metrics = "";
  while (!metrics.includes('tidewire_closes_total{code="backlog"}')) {
    for (let sent = 0; sent < 10; sent += 1) {
      sender.send(text);
      await sender.next();
    }
    metrics = await (await fetch(`${gateway.url}metrics`)).text();
    const buffered = Number(/^tidewire_buffered_bytes (\d+)$/m.exec(metrics)?.[1]);
    expect(buffered).toBeLessThanOrEqual(
      limits.maxBufferedBytes * (1 + 1 / 16) + text.length * readers.length,
    );
  }
  await Promise.all(readers.map((reader) => reader[Symbol.asyncDispose]()));
});

test("a client above its burst is read more slowly, and loses nothing", async () => {
  const limits = {
    ...testConfig().limits,
    maxRequestBurstPerConnection: 1,
    maxRequestsPerSecondPerConnection: 100,
  };
  await using gateway = await startTestGateway({ config: { limits } });
  await using client = await gateway.connect();
  const startMs = performance.now();
  const texts = Array.from({ length: 20 }, (_, index) => String(index));
  for (const text of texts) client.send(text);
  expect(await client.inbox.take(texts.length)).toEqual(texts);
  // Not a measurement: nineteen tokens can't come in less than this, however fast the machine.
  expect(performance.now() - startMs).toBeGreaterThan(180);
});
