import { once } from "node:events";
import { createContext, runInContext } from "node:vm";
import { connectPlain, Inbox, startRedis } from "@tidewire/testkit";
import { expect, test } from "vitest";
import { type StartedGateway, Walkthrough } from "./walkthrough.ts";

/** The console of a browser, as far as the guide's scripts need one. */
class BrowserConsole implements Disposable {
  readonly logged = new Inbox<string>();
  readonly #sockets: WebSocket[] = [];
  readonly #context = createContext({
    WebSocket,
    console: { log: (text: string) => this.logged.push(text) },
  });

  /** Runs a script whose value, or whose variable `ws`, is a WebSocket; resolves when that is open. */
  async run(script: string): Promise<WebSocket> {
    const value: unknown = runInContext(script, this.#context);
    const socket = (value instanceof WebSocket ? value : this.#context["ws"]) as WebSocket;
    this.#sockets.push(socket);
    await once(socket, "open");
    return socket;
  }

  [Symbol.dispose](): void {
    for (const socket of this.#sockets) socket.close();
  }
}

/** Ctrl-C in the terminal of each. */
async function stop(...gateways: readonly StartedGateway[]): Promise<void> {
  for (const { program } of gateways) program.kill("SIGINT");
  await Promise.all(gateways.map(({ program }) => program.result));
}

async function sendTheFirstMessage(walk: Walkthrough): Promise<void> {
  const gateway = await walk.startGateway();
  {
    await using client = await connectPlain(gateway.webSocketUrl);
    await walk.run("pnpm --filter publisher exec publish");
    expect(await client.next()).toBe("data");
    using browser = new BrowserConsole();
    await browser.run(walk.takeScript());
    expect(await client.next()).toBe("hello");
    expect(await browser.logged.next()).toBe("hello");
  }
  await stop(gateway);
}

async function reachBothGateways(walk: Walkthrough, gateways: readonly StartedGateway[]): Promise<void> {
  const [first = "", second = ""] = gateways.map(({ webSocketUrl }) => webSocketUrl);
  await using left = await connectPlain(first);
  await using right = await connectPlain(second);
  const publishers = {
    "redis-cli PUBLISH": "data from redis-cli",
    "php -r": "data from PHP",
    "pnpm --filter publisher": "data from the publisher",
    curl: "data from curl",
  };
  for (const [command, data] of Object.entries(publishers)) {
    expect(await walk.run(command)).toMatch(/\b2\b/);
    expect([await left.next(), await right.next()]).toEqual([data, data]);
  }
}

async function joinChannels(walk: Walkthrough, { webSocketUrl }: StartedGateway): Promise<void> {
  using browser = new BrowserConsole();
  const socket = await browser.run(walk.takeScript());
  const heard = once(socket, "message") as Promise<MessageEvent[]>;
  await using neighbour = await connectPlain(`${webSocketUrl}?channel=room:42`);
  neighbour.send("to room 42");
  expect((await heard)[0]?.data).toBe("to room 42");

  await using plain = await connectPlain(`${webSocketUrl}?channel=room:1`);
  await browser.run(walk.takeScript());
  expect(await plain.next()).toBe('{"text":"hello"}');
  const lines = (await browser.logged.take(4)).map((line) => JSON.parse(line) as object);
  expect(lines).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ type: "subscribed", id: 2 }),
      expect.objectContaining({ type: "published", id: 3 }),
      expect.objectContaining({ type: "message", channel: "room:1", data: { text: "hello" } }),
    ]),
  );
}

async function shareAStream(walk: Walkthrough): Promise<void> {
  const gateway = await walk.startGateway();
  {
    await using client = await connectPlain(gateway.webSocketUrl);
    await walk.run("redis-cli XADD");
    expect(await client.next()).toBe("1234");
  }
  await stop(gateway);
}

async function signIn(walk: Walkthrough): Promise<void> {
  const [gateway, token] = await Promise.all([walk.startGateway("JWT_SECRET="), walk.run("JWT_SECRET=")]);
  await using client = await connectPlain(`${gateway.webSocketUrl}?token=${token}`);
  await walk.run("pnpm --filter publisher exec publish --user 7");
  expect(await client.next()).toBe("only for user 7");
}

// One Redis from the beginning, though the guide begins without: programs that look for one on the default port
// would otherwise use whatever is there on this machine.
test("what the guide says works, from its first message to signing in", async () => {
  await using redis = await startRedis();
  await using walk = new Walkthrough("docs/GUIDE.md", { redis });
  await sendTheFirstMessage(walk);
  walk.take('redis-server --save ""');
  const gateways = await Promise.all([walk.startGateway(), walk.startGateway()]);
  await reachBothGateways(walk, gateways);
  await joinChannels(walk, gateways[0]);
  await stop(...gateways);
  await shareAStream(walk);
  await signIn(walk);
  expect(walk.rest).toEqual([]);
  expect(walk.restScripts).toEqual([]);
});
