/** Clients that ask on without waiting for answers. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { type Broker, createMemoryBroker } from "@tidewire/broker";
import { describe, expect, test } from "vitest";
import { KEPT } from "./event-reader.ts";
import { startTestGateway, testConfig, type TestGateway } from "./test-gateway.ts";

const EVENTS = "GET /api/v1/events?channel=room:1 HTTP/1.1\r\nhost: localhost\r\n\r\n";
const HISTORY = "GET /api/v1/history?channel=kept:1 HTTP/1.1\r\nhost: localhost\r\n\r\n";
const HEALTH = "GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n";
const LAST = "GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";

const UPGRADE = [
  "GET /?channel=room:1 HTTP/1.1",
  "host: localhost",
  "connection: upgrade",
  "upgrade: websocket",
  "sec-websocket-version: 13",
  "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==",
  "\r\n",
].join("\r\n");

/** The first line of each answer. */
function statusesOf(heard: readonly string[]): readonly string[] {
  return heard.join("").match(/HTTP\/1.1 \d+/g) ?? [];
}

function publishing(message: string): string {
  const body = JSON.stringify({ channel: "room:1", message });
  const head = `POST /message HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json`;
  return `${head}\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
}

/** A connection that says all of that at once. */
async function say(gateway: TestGateway, requests: string): Promise<Socket> {
  const { hostname, port } = new URL(gateway.url);
  const socket = connect(Number(port), hostname);
  socket.on("error", () => {});
  await once(socket, "connect");
  socket.write(requests);
  return socket;
}

describe("requests that come at once on one connection", () => {
  test("are all answered, in their order", async () => {
    await using gateway = await startTestGateway();
    const requests = [...Array.from({ length: 15 }, () => HEALTH), publishing("x"), LAST];
    const answers = await text(await say(gateway, requests.join("")));
    const bodies = answers.match(/^\{.*?\}/gm);
    const health = '{"status":"ok"}';
    expect(bodies).toEqual([...Array.from({ length: 15 }, () => health), '{"receivers":0}', health]);
  });

  test("are not begun before the one before is answered", async () => {
    await using gateway = await startTestGateway();
    await using client = await gateway.connect("?channel=room:1");
    const socket = await say(gateway, EVENTS + publishing("too early"));
    await once(socket, "data");
    await gateway.post({ channel: "room:1", message: "after it" });
    expect(await client.next()).toBe("after it");
    socket.destroy();
  });

  test("end the connection when their answers are not taken, whatever else the client says", async () => {
    const limits = { ...testConfig().limits, maxMessageBytes: 2_000_000, answerTimeoutMs: 100 };
    await using gateway = await startTestGateway({ config: { limits, channels: KEPT } });
    await gateway.post({ channel: "kept:1", message: "x".repeat(1_000_000) });
    const socket = await say(gateway, HISTORY.repeat(17));
    const isCut = () => {
      // More of a request, which never comes to its end.
      socket.write("\r\n");
      return socket.destroyed;
    };
    await expect.poll(isCut).toBe(true);
  });

  test.each([
    ["nonsense", "nonsense\r\n\r\n"],
    ["an upgrade", UPGRADE],
  ])("have no other answered in their place, where %s comes behind them", async (_, behind) => {
    const [begun, ended] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    await using gateway = await startTestGateway({
      createBroker: (handlers) => {
        const broker = createMemoryBroker(handlers);
        const publish: Broker["publish"] = async (...publication) => {
          begun.resolve();
          await ended.promise;
          return broker.publish(...publication);
        };
        return { ...broker, publish };
      },
    });
    const socket = await say(gateway, HEALTH + publishing("x"));
    const heard: string[] = [];
    const isOver = new Promise<void>((resolve) => {
      socket.on("data", (bytes: Buffer) => {
        heard.push(bytes.toString());
        if (statusesOf(heard).length > 1) resolve();
      });
      socket.once("close", () => resolve());
    });
    await begun.promise;
    socket.write(behind);
    await isOver;
    ended.resolve();
    expect(statusesOf(heard)).toEqual(["HTTP/1.1 200"]);
    socket.destroy();
  });

  test("end the connection when too many of them wait", async () => {
    await using gateway = await startTestGateway();
    const socket = await say(gateway, EVENTS + HEALTH.repeat(17));
    expect(await text(socket).catch(() => "")).not.toContain("status");
  });
});
