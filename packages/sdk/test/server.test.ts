import { Inbox, type RedisServer, startRedis, TcpProxy } from "@tidewire/testkit";
import { afterAll, beforeAll, describe, expect, expectTypeOf, test } from "vitest";
import { z } from "zod";
import { connect, type DataMessage, defineChannel, type Message, TidewireError } from "../src/index.ts";
import { createServerClient, type ServerClient } from "../src/server/index.ts";
import { mint, PATIENT, startGateway, untilAnswered } from "./real-gateway.ts";

const KEY = "a-key-that-nobody-may-see";
const note = defineChannel("kept:*", z.object({ text: z.string() }));

let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis[Symbol.asyncDispose]());

async function startWithKey(redisUrl = redis.url) {
  const gateway = await startGateway({ redisUrl, apiKey: KEY, isSecret: true });
  return {
    gateway,
    server: createServerClient(gateway.url, { ...PATIENT, apiKey: KEY }),
    [Symbol.asyncDispose]: () => gateway[Symbol.asyncDispose](),
  };
}

/** What is kept there now. */
async function kept(server: ServerClient, channel: string): Promise<unknown[]> {
  const { messages } = await server.history(channel, { limit: 1_000 });
  return messages.map(({ data }) => data);
}

describe("a server", () => {
  test("publishes to a channel, to many and to a user", async () => {
    await using world = await startWithKey();
    const { server } = world;
    using client = connect(world.gateway.url, { getToken: () => mint(3_600) });
    const heard = new Inbox<Message>();
    for (const name of ["room:1", "user:7"]) {
      await client.channel(name).subscribe((message) => heard.push(message)).ready;
    }
    expect(await server.publish("room:1", { text: "one" })).toEqual({ receivers: 1, duplicate: false });
    expect(await server.publishToUser(7, "two")).toEqual({ receivers: 1, duplicate: false });
    expect(await server.publishToAll(["room:1", "kept:all", "room:1"], "three")).toEqual([
      { channel: "room:1", receivers: 1, duplicate: false },
      { channel: "kept:all", position: expect.any(String), duplicate: false },
    ]);
    expect((await heard.take(3)).map(({ channel, data }) => [channel, data])).toEqual([
      ["room:1", { text: "one" }],
      ["user:7", "two"],
      ["room:1", "three"],
    ]);
    expect(await server.publishToAll([], "nobody")).toEqual([]);
  });

  test("publishes and reads by the schema of a channel", async () => {
    await using world = await startWithKey();
    const { server } = world;
    const { position } = await server.publish(note("typed"), { text: "fits" });
    await server.publish("kept:typed", "does not fit");
    expectTypeOf(server.history(note("typed")))
      .resolves.toHaveProperty("messages")
      .items.toEqualTypeOf<DataMessage<{ text: string }>>();
    expect(await server.history(note("typed"))).toMatchObject({
      messages: [{ channel: "kept:typed", data: { text: "fits" }, position }],
      invalid: [{ message: { data: "does not fit" }, issues: [{}] }],
      complete: true,
      more: false,
    });
    // @ts-expect-error no text
    const refused = server.publish(note("typed"), { text: 5 });
    await expect(refused).rejects.toMatchObject({ code: "invalid", cause: [{ path: ["text"] }] });
    const undone = server.publishToAll([note("typed")], { text: 5 } as never);
    await expect(undone).rejects.toMatchObject({ code: "invalid" });
    expect(await kept(server, "kept:typed")).toHaveLength(2);
  });

  test("sees gateways, channels and connections, and ends those of a user", async () => {
    // Where no gateway was killed before.
    await using own = await startRedis();
    await using world = await startWithKey(own.url);
    const { server } = world;
    using client = connect(world.gateway.url, { token: await mint(3_600) });
    const states = new Inbox<string>();
    client.onState(({ kind }) => states.push(kind));
    await client.channel("room:seen").subscribe(() => {}).ready;
    const [gateway] = await server.gateways();
    expect(gateway).toMatchObject({ id: expect.any(String), since: expect.any(Number) });
    expect(await untilAnswered(() => server.channels({ prefix: "room:" }))).toEqual({
      channels: [{ channel: "room:seen", subscribers: 1 }],
      missing: [],
    });
    const { connections } = await untilAnswered(() => server.connections({ user: "7" }));
    expect(connections).toMatchObject([
      { connection: client.connection?.id, gateway: gateway?.id, user: "7", protocol: "v1" },
    ]);
    await server.disconnect(7);
    await states.find((kind) => kind === "waiting");
    await states.find((kind) => kind === "connected");
    await server.revoke({ user: "7" });
    await states.find((kind) => kind === "stopped");
  });

  test("is told by an error what it did wrong, at once", async () => {
    await using world = await startWithKey();
    const { server, gateway } = world;
    const stranger = createServerClient(gateway.url, { apiKey: "another" });
    await expect(stranger.publish("room:1", 1)).rejects.toMatchObject({ code: "unauthorized", retry: false });
    await expect(server.publish("no channel", 1)).rejects.toMatchObject({ code: "invalid_channel" });
    await expect(server.history("room:1")).rejects.toMatchObject({ code: "unsupported" });
    await expect(server.publish("room:1", undefined as never)).rejects.toMatchObject({ code: "bad_request" });
    await expect(server.publish("room:1", 1, { key: "ä" })).rejects.toBeInstanceOf(TidewireError);
  });
});

describe("a publication of a server", () => {
  test("whose answer was lost is repeated and happens once", async () => {
    await using gateway = await startGateway({ redisUrl: redis.url });
    let tries = 0;
    const losing = async (url: string, init: RequestInit) => {
      const response = await fetch(url, init);
      tries += 1;
      if (tries === 1) throw new TypeError("the connection broke");
      return response;
    };
    const server = createServerClient(gateway.url, { ...PATIENT, fetch: losing });
    const { duplicate, position } = await server.publish("kept:lost", "once");
    expect(duplicate).toBe(true);
    const { messages } = await server.history("kept:lost");
    expect(messages).toMatchObject([{ data: "once", position }]);
  });

  test("happens once when its gateway is killed, whatever was acknowledged", async () => {
    await using left = await startGateway({ redisUrl: redis.url });
    await using right = await startGateway({ redisUrl: redis.url });
    await using proxy = await TcpProxy.start(left.port);
    const server = createServerClient(`http://127.0.0.1:${proxy.port}`, PATIENT);
    const numbers = Array.from({ length: 100 }, (_, index) => index);
    const published = numbers.map((number) => server.publish("kept:killed", number));
    await Promise.race(published);
    proxy.moveTo(right.port);
    left.program.kill("SIGKILL");
    await Promise.all(published);
    const all = (await kept(server, "kept:killed")) as number[];
    expect(all.toSorted((one, other) => one - other)).toEqual(numbers);
  });

  test("is repeated while Redis is away, and rejects when it stays away", async () => {
    const own = await startRedis();
    await using gateway = await startGateway({ redisUrl: own.url });
    const [impatient, patient] = [
      createServerClient(gateway.url, { timeoutMs: 500 }),
      createServerClient(gateway.url, { timeoutMs: 60_000 }),
    ];
    await own[Symbol.asyncDispose]();
    await expect(impatient.publish("kept:away", 1)).rejects.toMatchObject({
      code: expect.stringMatching(/^(unavailable|unconfirmed|no_answer)$/),
      retry: true,
    });
    const published = patient.publish("kept:away", 2, { key: "mine" });
    await using again = await startRedis({ port: own.port });
    expect(again.url).toBe(own.url);
    await expect(published).resolves.toMatchObject({ position: expect.any(String) });
    expect(await kept(patient, "kept:away")).toEqual([2]);
  });
});
