import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { connect, type Socket } from "node:net";
import { json } from "node:stream/consumers";
import { type Broker, type BrokerHandlers, createMemoryBroker, type Result } from "@tidewire/broker";
import { Inbox } from "@tidewire/testkit";
import { describe, expect, test } from "vitest";
import { startTestGateway, testConfig, type TestGatewayOptions } from "./test-gateway.ts";
import { HANDSHAKE } from "./handshake.ts";

/** A memory broker whose subscriptions wait until the test confirms them. */
class GatedBroker {
  readonly asked = new Inbox<string>();
  readonly givenUp = new Inbox<string>();
  readonly #gate = Promise.withResolvers<Result<void>>();

  readonly create = (handlers: BrokerHandlers): Broker => {
    const memory = createMemoryBroker(handlers);
    return {
      ...memory,
      subscribe: async (channel) => {
        await memory.subscribe(channel);
        this.asked.push(channel);
        return this.#gate.promise;
      },
      unsubscribe: (channel) => {
        memory.unsubscribe(channel);
        this.givenUp.push(channel);
      },
    };
  };

  answer(result: Result<void> = { ok: true, value: undefined }): void {
    this.#gate.resolve(result);
  }
}

const LIMITS = { ...testConfig().limits, lingerMs: 0 };

async function startGated(limits: Partial<typeof LIMITS> = {}) {
  const broker = new GatedBroker();
  const options: TestGatewayOptions = {
    createBroker: broker.create,
    config: { limits: { ...LIMITS, ...limits } },
  };
  return { broker, gateway: await startTestGateway(options) };
}

/** A socket that has sent a valid upgrade and reads nothing yet. */
async function sendUpgrade(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  await once(socket, "connect");
  socket.write(`${HANDSHAKE.join("\r\n")}\r\n\r\n`);
  return socket;
}

describe("an upgrade that waits for the broker", () => {
  test("is answered only once the subscription is confirmed", async () => {
    const { broker, gateway } = await startGated();
    await using closing = gateway;
    const events: string[] = [];
    const connecting = closing.connect().then((client) => {
      events.push("open");
      return client;
    });
    await broker.asked.next();
    // A whole other request is answered meanwhile: time enough for an upgrade that did not wait.
    await fetch(`${closing.url}healthz`);
    events.push("confirmed");
    broker.answer();
    await using client = await connecting;
    expect(events).toEqual(["confirmed", "open"]);
    client.send("hello");
    expect(await client.next()).toBe("hello");
  });

  test("gives the channel up when its client hangs up, and hurts nobody", async () => {
    const { broker, gateway } = await startGated();
    await using closing = gateway;
    const socket = await sendUpgrade(closing.url);
    await broker.asked.next();
    socket.resetAndDestroy();
    await once(socket, "close");
    expect((await fetch(`${closing.url}healthz`)).status).toBe(200);
    broker.answer();
    expect(await broker.givenUp.next()).toBe("channel");
  });

  test("is refused when the broker takes too long, and the channel is given up when it answers at last", async () => {
    const { broker, gateway } = await startGated({ handshakeTimeoutMs: 1 });
    await using closing = gateway;
    expect(await closing.refused("")).toMatchObject({
      status: 503,
      body: { error: { code: "unavailable" } },
    });
    broker.answer();
    expect(await broker.givenUp.next()).toBe("channel");
  });

  test("is refused for good when the broker refuses the channel", async () => {
    const { broker, gateway } = await startGated();
    await using closing = gateway;
    broker.answer({ ok: false, error: { code: "refused", message: "NOPERM at redis://inside" } });
    const refused = await closing.refused("");
    expect(refused).toMatchObject({ status: 403, body: { error: { code: "forbidden" } } });
    expect(JSON.stringify(refused)).not.toContain("inside");
    expect(await broker.givenUp.next()).toBe("channel");
  });

  test("is refused when the gateway stops meanwhile, which does not hold up the end", async () => {
    const { broker, gateway } = await startGated();
    const refused = gateway.refused("");
    await broker.asked.next();
    const drained = gateway.drain();
    expect(await refused).toMatchObject({
      status: 503,
      body: { error: { message: "The gateway is stopping." } },
    });
    await drained;
  });
});

test("a handshake that is not one is refused, and says which version is spoken", async () => {
  await using gateway = await startTestGateway();
  const good = {
    connection: "upgrade",
    upgrade: "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
  };
  for (const wrong of [{ "sec-websocket-key": "short" }, { "sec-websocket-version": "12" }]) {
    const headers = { ...good, ...wrong };
    const [response] = (await once(request(gateway.url, { headers }).end(), "response")) as [IncomingMessage];
    expect(response.statusCode).toBe(400);
    expect(response.headers["sec-websocket-version"]).toBe("13");
    expect(await json(response)).toMatchObject({ error: { code: "bad_request" } });
  }
});

test("a handshake that `ws` refuses in the end gives the channel up", async () => {
  const { broker, gateway } = await startGated();
  await using closing = gateway;
  broker.answer();
  const refused = await closing.refused("", [], {
    headers: { "sec-websocket-protocol": "tidewire.plain,," },
  });
  expect(refused).toMatchObject({ status: 400, body: { error: { code: "bad_request" } } });
  expect(await broker.givenUp.next()).toBe("channel");
});

test("a refusal that may pass says when to try again", async () => {
  const { gateway } = await startGated({ handshakeTimeoutMs: 1 });
  await using closing = gateway;
  const socket = await sendUpgrade(closing.url);
  const [answer] = (await once(socket, "data")) as [Buffer];
  expect(answer.toString()).toMatch(/^HTTP\/1\.1 503 Service Unavailable\r\n/);
  expect(answer.toString()).toContain("\r\nretry-after: 1\r\n");
  socket.destroy();
});
