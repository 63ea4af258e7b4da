import { randomBytes } from "node:crypto";
import { createMemoryBroker } from "@tidewire/broker";
import { DEFAULT_MAX_MESSAGE_BYTES } from "@tidewire/protocol";
import { Inbox } from "@tidewire/testkit";
import { describe, expect, test } from "vitest";
import { postJson, startTestGateway, testConfig } from "./test-gateway.ts";

describe("plain clients", () => {
  test("get what any of them sends, the sender too, each once and in order", async () => {
    await using gateway = await startTestGateway();
    await using first = await gateway.connect();
    await using second = await gateway.connect();
    first.send("one");
    first.send("grüße 🌊");
    first.send("");
    for (const client of [first, second]) {
      expect(await client.inbox.take(3)).toEqual(["one", "grüße 🌊", ""]);
    }
  });

  test("are told the default channel by nothing, and pick another by ?channel=", async () => {
    await using gateway = await startTestGateway({ config: { channel: "lobby" } });
    await using inLobby = await gateway.connect();
    await using inLobbyByName = await gateway.connect("?channel=lobby");
    await using inRoom = await gateway.connect("?channel=room:42");
    inRoom.send("for the room");
    expect(await inRoom.next()).toBe("for the room");
    inLobby.send("for the lobby");
    expect([await inLobby.next(), await inLobbyByName.next()]).toEqual(["for the lobby", "for the lobby"]);
  });

  test("may offer tidewire.plain, and a token beside it that is not echoed", async () => {
    await using gateway = await startTestGateway();
    await using client = await gateway.connect("", ["tidewire.token.abc", "tidewire.plain"]);
    expect(client.socket.protocol).toBe("tidewire.plain");
    client.send("hello");
    expect(await client.next()).toBe("hello");
  });

  test("get the text prefix that the operator set", async () => {
    await using gateway = await startTestGateway({ config: { textPrefix: "RECEIVED: " } });
    await using client = await gateway.connect();
    client.send("hello");
    expect(await client.next()).toBe("RECEIVED: hello");
  });

  test("get bytes that are not UTF-8 as a binary frame", async () => {
    const bytes = Buffer.from([0xff, 0x00, 0xc3]);
    let publish: (() => void) | undefined;
    await using gateway = await startTestGateway({
      createBroker: (handlers) => {
        publish = () => handlers.onPublication("channel", { payload: bytes });
        return createMemoryBroker(handlers);
      },
    });
    await using client = await gateway.connect();
    publish?.();
    expect(await client.next()).toEqual(bytes);
  });

  test("get ten thousand messages and the pongs between them whole", async () => {
    await using gateway = await startTestGateway();
    await using client = await gateway.connect();
    const pongs = new Inbox<string>();
    client.socket.on("pong", (data) => pongs.push(data.toString()));
    const sent = Array.from({ length: 10_000 }, (_, index) => `${index}:${"x".repeat(index % 300)}`);
    for (const [index, text] of sent.entries()) {
      client.send(text);
      if (index % 100 === 99) client.socket.ping(String(index));
    }
    expect(await client.inbox.take(sent.length)).toEqual(sent);
    expect((await pongs.take(100)).at(-1)).toBe("9999");
  });
});

describe("a client that does wrong is closed with a code and a reason, and no other is touched", () => {
  test.each([
    ["a binary frame", (send: Send) => send(Buffer.from("x"), true), 1003, "binary frames are not accepted"],
    [
      "text that is not UTF-8",
      (send: Send) => send(Buffer.from([0xc3, 0x28]), false),
      1007,
      "not valid UTF-8",
    ],
    [
      "a message one byte too large",
      (send: Send) => send(Buffer.alloc(DEFAULT_MAX_MESSAGE_BYTES + 1, "x"), false),
      1009,
      "too large",
    ],
  ])("for %s", async (_name, act, code, reason) => {
    await using gateway = await startTestGateway();
    await using neighbour = await gateway.connect();
    await using client = await gateway.connect();
    act((data, binary) => client.socket.send(data, { binary }));
    expect(await client.closed).toEqual({ code, reason: expect.stringContaining(reason) });
    neighbour.send("still here");
    expect(await neighbour.next()).toBe("still here");
  });

  test("a message of exactly the limit is no fault", async () => {
    await using gateway = await startTestGateway();
    await using client = await gateway.connect();
    const text = "x".repeat(DEFAULT_MAX_MESSAGE_BYTES);
    client.send(text);
    expect(await client.next()).toBe(text);
  });

  test("a message in too many fragments", async () => {
    const limits = { ...testConfig().limits, maxFragments: 3 };
    await using gateway = await startTestGateway({ config: { limits } });
    await using client = await gateway.connect();
    for (let index = 0; index < 4; index += 1) client.socket.send("x", { fin: false });
    expect(await client.closed).toEqual({ code: 1008, reason: expect.stringContaining("too many pieces") });
  });

  test("a payload that imitates the envelope arrives as it is", async () => {
    await using gateway = await startTestGateway();
    await using client = await gateway.connect();
    const forged = '\u0001tw1{"sender":"root"}\u0002forged';
    client.send(forged);
    expect(await client.next()).toBe(forged);
  });

  test("a reader that has stopped, once too much waits for it", async () => {
    const limits = { ...testConfig().limits, maxBufferedBytesPerConnection: 65_536, closeTimeoutMs: 50 };
    await using gateway = await startTestGateway({ config: { limits } });
    await using reader = await gateway.connect();
    await using stopped = await gateway.connect();
    stopped.socket.pause();
    const text = "x".repeat(60_000);
    let metrics = "";
    // How much it takes is up to the kernel's buffers; what the reader gets must not depend on it.
    while (!metrics.includes('tidewire_closes_total{code="4001"}')) {
      for (let sent = 0; sent < 20; sent += 1) {
        reader.send(text);
        expect(await reader.next()).toBe(text);
      }
      metrics = await (await fetch(`${gateway.url}metrics`)).text();
    }
  });
});

type Send = (data: Buffer, binary: boolean) => void;

describe("an upgrade is refused with a status and a reason as JSON", () => {
  test.each([
    ["an unknown path", "elsewhere", [], 404, "not_found"],
    ["a channel that can't be", "?channel=a%20b", [], 400, "invalid_channel"],
    ["a reserved channel", "?channel=tidewire:x", [], 400, "invalid_channel"],
    ["a reserved channel", "?channel=__keyspace", [], 400, "invalid_channel"],
    ["a channel with braces", "?channel=%7Ba%7D", [], 400, "invalid_channel"],
    ["two channels", "?channel=a&channel=b", [], 400, "invalid_channel"],
    ["an unknown subprotocol", "", ["graphql-ws"], 400, "unknown_subprotocol"],
    ["a token without a subprotocol", "", ["tidewire.token.abc"], 400, "unknown_subprotocol"],
  ] as const)("for %s (%s)", async (_name, path, protocols, status, code) => {
    await using gateway = await startTestGateway();
    const refused = await gateway.refused(path, protocols);
    expect(refused).toEqual({ status, body: { error: { code, message: expect.any(String) } } });
  });

  test("for a foreign Host and for an origin that is not listed", async () => {
    await using gateway = await startTestGateway({ config: { allowedOrigins: ["https://app.example"] } });
    const rebound = await gateway.refused("", [], { headers: { host: "evil.example" } });
    expect(rebound).toMatchObject({ status: 403, body: { error: { code: "forbidden_host" } } });
    const foreign = await gateway.refused("", [], { origin: "https://evil.example" });
    expect(foreign).toMatchObject({ status: 403, body: { error: { code: "forbidden_origin" } } });
  });
});

test("a bug in a session closes its connection, is logged, and touches nobody else", async () => {
  const lines = new Inbox<string>();
  await using gateway = await startTestGateway({
    onLog: (line) => lines.push(line),
    createBroker: (handlers) => {
      const memory = createMemoryBroker(handlers);
      const publish: typeof memory.publish = async (channel, publication) => {
        if (publication.payload.toString() === "bug") throw new TypeError("a bug");
        return memory.publish(channel, publication);
      };
      return { ...memory, publish };
    },
  });
  await using neighbour = await gateway.connect();
  await using client = await gateway.connect();
  client.send("bug");
  expect((await client.closed).code).toBe(1011);
  expect(await lines.find((line) => line.includes("a session failed"))).toContain("a bug");
  neighbour.send("still here");
  expect(await neighbour.next()).toBe("still here");
});

test("a channel that the broker takes away closes those in it, and says to stay away", async () => {
  let refuse: (() => void) | undefined;
  await using gateway = await startTestGateway({
    createBroker: (handlers) => {
      refuse = () => handlers.onChannelRefused("room:1", { code: "refused", message: "NOPERM" });
      return createMemoryBroker(handlers);
    },
  });
  await using inside = await gateway.connect("?channel=room:1");
  await using outside = await gateway.connect();
  refuse?.();
  expect((await inside.closed).code).toBe(4500);
  outside.send("still here");
  expect(await outside.next()).toBe("still here");
});

test("closes are counted by what the gateway did, not by what a client says", async () => {
  await using gateway = await startTestGateway();
  const clients = await Promise.all([gateway.connect(), gateway.connect(), gateway.connect()]);
  const [polite, rude, wrong] = clients;
  polite.socket.close(4001);
  rude.socket.terminate();
  wrong.socket.send(Buffer.from("x"), { binary: true });
  await Promise.all(clients.map((client) => client.closed));
  let metrics = "";
  while (!metrics.includes("tidewire_connections 0"))
    metrics = await (await fetch(`${gateway.url}metrics`)).text();
  const closes = metrics.split("\n").filter((line) => line.startsWith("tidewire_closes_total{"));
  expect(closes.toSorted()).toEqual([
    'tidewire_closes_total{code="1003"} 1',
    'tidewire_closes_total{code="client"} 1',
    'tidewire_closes_total{code="lost"} 1',
  ]);
});

test("tokens, keys and messages are never logged", async () => {
  const canaries = ["token", "protocol", "message", "posted", "key"].map(
    (name) => `${name}-${randomBytes(8).toString("hex")}`,
  );
  const [token, protocol, message, posted, key = ""] = canaries;
  const lines: string[] = [];
  {
    await using gateway = await startTestGateway({
      config: { apiKeys: [{ name: "test", key, scopes: ["publish"] }] },
      onLog: (line) => lines.push(line),
    });
    await using client = await gateway.connect(`?token=${token}`, [
      `tidewire.token.${protocol}`,
      "tidewire.plain",
    ]);
    client.send(`${message}`);
    await client.next();
    await gateway.post({ channel: "channel", message: posted }, { authorization: `Bearer ${key}` });
    await gateway.post(`{"message": "${posted}"`, { authorization: `Bearer ${key}` });
    await gateway.refused(`elsewhere?token=${token}`);
    await postJson(`${gateway.url}elsewhere?token=${token}`, { message: posted });
    client.socket.send(Buffer.from(`${message}`), { binary: true });
    await client.closed;
  }
  for (const canary of canaries) expect(lines.join("\n")).not.toContain(canary);
});
