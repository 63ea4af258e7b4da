import { type RedisServer, startRedis, TcpProxy } from "@tidewire/testkit";
import { Activity, createElement, type ReactNode, StrictMode, useEffect, useLayoutEffect } from "react";
import { renderToString } from "react-dom/server";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connect, type ConnectionState, type Tidewire } from "../src/index.ts";
import {
  type ChatSocket,
  SocketProvider,
  TidewireProvider,
  useChannel,
  useConnection,
  useSocket,
  useTidewire,
} from "../src/react/index.ts";
import { begin, welcome } from "./fake-world.ts";
import { openPage, Probe } from "./react-page.ts";
import { type RealGateway, startGateway } from "./real-gateway.ts";

let redis: RedisServer;
let gateway: RealGateway;
beforeAll(async () => {
  redis = await startRedis();
  gateway = await startGateway({ redisUrl: redis.url });
});
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await redis[Symbol.asyncDispose]();
});

interface Seen {
  readonly client: Tidewire;
  readonly state: ConnectionState;
}

/** Shows the state of the connection. */
function Status({ probe }: { readonly probe: Probe<Seen> }): ReactNode {
  const client = useTidewire();
  const state = useConnection();
  useLayoutEffect(() => probe.take({ client, state }));
  return state.kind;
}

function Chat({ probe }: { readonly probe: Probe<ChatSocket> }): ReactNode {
  const socket = useSocket();
  useLayoutEffect(() => probe.take(socket));
  return socket.messages.map((text) => `${text};`);
}

const States = () => `${useConnection().kind} ${useChannel("room:1", { last: 5 }).state.kind}`;
const hasJson = ({ messages }: ChatSocket) => messages.at(-1) === '{"text":"JSON"}';
const isConnected = ({ state }: Seen) => state.kind === "connected";
const kindsOf = ({ values }: Probe<Seen>) => values.map(({ state }) => state.kind);

/** An address of the gateway at which connections are counted. */
async function startDoor() {
  const proxy = await TcpProxy.start(gateway.port);
  return {
    proxy,
    url: `ws://127.0.0.1:${proxy.port}/`,
    [Symbol.asyncDispose]: () => proxy[Symbol.asyncDispose](),
  };
}

/** Resolves once nobody is connected through it. */
async function untilEmpty(proxy: TcpProxy): Promise<void> {
  while (proxy.connections > 0) await new Promise((resolve) => setImmediate(resolve));
}

describe("a provider that is given a URL", () => {
  test("connects once, also in StrictMode, and closes when it is removed", async () => {
    await using door = await startDoor();
    const probe = new Probe<Seen>();
    const status = createElement(Status, { probe });
    const provider = createElement(TidewireProvider, { url: door.url }, status);
    const page = openPage(createElement(StrictMode, undefined, provider));
    expect(page.text).toBe("connecting");
    const { client } = await probe.until(isConnected);
    expect(door.proxy.connections).toBe(1);
    expect(new Set(kindsOf(probe))).toEqual(new Set(["connecting", "connected"]));
    expect(new Set(probe.values.map((seen) => seen.client))).toEqual(new Set([client]));
    page.unmount();
    await untilEmpty(door.proxy);
    expect(client.state.kind).toBe("closed");
    await expect(client.channel("room:1").publish("late")).rejects.toMatchObject({ code: "closed" });
    expect(door.proxy.connections).toBe(0);
  });

  test("keeps its client when its options are other objects, and makes another for another URL", async () => {
    await using one = await startDoor();
    await using other = await startDoor();
    const probe = new Probe<Seen>();
    const provider = (url: string) =>
      createElement(TidewireProvider, { url, options: {} }, createElement(Status, { probe }));
    using page = openPage(provider(one.url));
    const first = await probe.until(isConnected);
    expect(kindsOf(probe)).toEqual(["connecting", "connected"]);
    page.show(provider(one.url));
    expect(probe.now).toEqual(first);
    page.show(provider(other.url));
    expect(probe.now.state.kind).toBe("connecting");
    const second = await probe.until(isConnected);
    expect(second.client).not.toBe(first.client);
    await untilEmpty(one.proxy);
    expect([first.client.state.kind, other.proxy.connections]).toEqual(["closed", 1]);
  });

  test("lets components below use the client in their first effects", async () => {
    const heard = Promise.withResolvers<unknown>();
    function Early() {
      const client = useTidewire();
      useEffect(() => {
        const subscription = client.channel("room:early").subscribe(({ data }) => heard.resolve(data));
        const publish = () => client.channel("room:early").publish("early");
        subscription.ready.then(publish).catch(heard.reject);
        return () => subscription.end();
      }, [client]);
      return null;
    }
    using _ = openPage(createElement(TidewireProvider, { url: gateway.url }, createElement(Early)));
    await expect(heard.promise).resolves.toBe("early");
  });

  test("closes while it is hidden, and is back with another client when it is shown again", async () => {
    await using door = await startDoor();
    const probe = new Probe<Seen>();
    const provider = createElement(TidewireProvider, { url: door.url }, createElement(Status, { probe }));
    // oxlint-disable-next-line react/no-children-prop -- where its type wants them
    const within = (mode: "visible" | "hidden") => createElement(Activity, { mode, children: provider });
    using page = openPage(within("visible"));
    const first = await probe.until(isConnected);
    page.show(within("hidden"));
    await untilEmpty(door.proxy);
    page.show(within("visible"));
    const second = await probe.until((seen) => isConnected(seen) && seen.client !== first.client);
    expect([first.client.state.kind, second.client.state.kind]).toEqual(["closed", "connected"]);
  });

  test("throws what can't be a URL to the components above", () => {
    using page = openPage();
    expect(() => page.show(createElement(TidewireProvider, { url: "http://" }))).toThrow(TypeError);
  });
});

describe("a provider that is given a client", () => {
  test("leaves it open when it is removed", async () => {
    using client = connect(gateway.url);
    const probe = new Probe<Seen>();
    using page = openPage(createElement(TidewireProvider, { client }, createElement(Status, { probe })));
    await probe.until(isConnected);
    expect(probe.now.client).toBe(client);
    page.unmount();
    await expect(client.channel("room:1").publish("still here")).resolves.toEqual({ duplicate: false });
  });

  test("renders at each change of the connection, and at no other time", async () => {
    const { client, world } = begin();
    const probe = new Probe<Seen>();
    using _ = openPage(createElement(TidewireProvider, { client }, createElement(Status, { probe })));
    const socket = await welcome(world);
    await probe.until(isConnected);
    socket.say({ type: "message", channel: "room:1", time: 1, data: "nobody listens" });
    socket.end(1006);
    await probe.until(({ state }) => state.kind === "waiting");
    client.close();
    await probe.until(({ state }) => state.kind === "closed");
    expect(kindsOf(probe)).toEqual(["connecting", "connected", "waiting", "closed"]);
  });
});

describe("on a server", () => {
  test("everything is rendered as it begins, and nothing connects", async () => {
    await using door = await startDoor();
    const provider = createElement(TidewireProvider, { url: door.url }, createElement(States));
    expect(renderToString(provider)).toBe("connecting subscribing");
    const socket = new Probe<ChatSocket>();
    expect(
      renderToString(createElement(SocketProvider, { url: "/" }, createElement(Chat, { probe: socket }))),
    ).toBe("");
    // What had been begun would be at the door before who comes now.
    using sentinel = connect(door.url);
    await sentinel.channel("room:1").publish("sentinel");
    expect(door.proxy.connections).toBe(1);
  });
});

describe("a component without a provider", () => {
  test.each([
    ["TidewireProvider", () => useConnection().kind],
    ["TidewireProvider", () => useChannel("room:1").state.kind],
    ["SocketProvider", () => useSocket().messages.length],
  ])("is told of <%s>", (name, Component) => {
    using page = openPage();
    expect(() => page.show(createElement(Component))).toThrow(`There is no <${name}> above this component.`);
  });
});

describe("the smallest chat", () => {
  test("gives texts and sends one, to everybody on the gateway's own channel", async () => {
    const [one, other] = [new Probe<ChatSocket>(), new Probe<ChatSocket>()];
    const chat = (probe: Probe<ChatSocket>) =>
      createElement(SocketProvider, { url: gateway.url }, createElement(Chat, { probe }));
    using first = openPage(chat(one));
    using second = openPage(chat(other));
    using client = connect(gateway.url);
    const channel = client.channel("channel");
    // Both listen once both have heard something.
    while (!one.now.messages.length || !other.now.messages.length) await channel.publish("");
    await one.now.sendMessage("hello");
    await channel.publish({ text: "JSON" });
    for (const probe of [one, other]) {
      const { messages } = await probe.until(hasJson);
      expect(messages.filter((text) => text)).toEqual(["hello", '{"text":"JSON"}']);
    }
    expect(first.text).toContain('hello;{"text":"JSON"};');
    expect(second.text).toContain("hello;");
  });

  test("on a stream channel begins with what is kept", async () => {
    using client = connect(gateway.url);
    for (const text of ["one", "two"]) await client.channel("kept:chat").publish(text);
    const probe = new Probe<ChatSocket>();
    const props = { url: gateway.url, channel: "kept:chat" };
    using page = openPage(createElement(SocketProvider, props, createElement(Chat, { probe })));
    await probe.until(({ messages }) => messages.length === 2);
    expect(page.text).toBe("one;two;");
  });
});
