import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { describe, expect, test } from "vitest";
import { type Faults, Inbox, TcpProxy } from "../src/index.ts";

/** A server that answers with what it gets, behind a proxy, and a client before it. */
async function openEcho(faults: Partial<Faults> = {}) {
  const accepted: Socket[] = [];
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    accepted.push(socket);
    socket.on("error", () => {});
    socket.pipe(socket);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const proxy = await TcpProxy.start((server.address() as AddressInfo).port);
  proxy.set(faults);
  const client = connect({ port: proxy.port, host: "127.0.0.1", noDelay: true, allowHalfOpen: true });
  const events = new Inbox<string>();
  client.on("data", (data) => events.push(data.toString()));
  client.on("end", () => events.push("end"));
  client.on("error", (error: NodeJS.ErrnoException) => events.push(error.code ?? ""));
  return {
    proxy,
    client,
    events,
    async [Symbol.asyncDispose]() {
      client.destroy();
      await proxy[Symbol.asyncDispose]();
      for (const socket of accepted) socket.destroy();
      server.close();
    },
  };
}

function openSockets(): number {
  return process.getActiveResourcesInfo().filter((kind) => kind === "TCPSocketWrap").length;
}

describe("a proxy that lies", () => {
  test("passes everything on when it is told nothing", async () => {
    await using echo = await openEcho();
    echo.client.write("hello");
    expect(await echo.events.next()).toBe("hello");
  });

  test("delays and throttles without changing a byte", async () => {
    await using echo = await openEcho({ delayMs: 1, bytesPerSecond: 100_000 });
    const sent = "x".repeat(1_000);
    echo.client.write(sent);
    let received = "";
    while (received.length < sent.length) received += await echo.events.next();
    expect(received).toBe(sent);
  });

  test.each(["up", "down"] as const)(
    "holds back what goes %s, and lets it go afterwards",
    async (direction) => {
      await using echo = await openEcho();
      echo.client.write("before");
      expect(await echo.events.next()).toBe("before");
      echo.proxy.set({ blackhole: [direction] });
      echo.client.write("held back");
      const arrived = echo.events.next();
      const other = await TcpProxy.start(echo.proxy.port);
      await other[Symbol.asyncDispose]();
      echo.proxy.set({});
      expect(await arrived).toBe("held back");
    },
  );

  test("drops what matches", async () => {
    const dropped = Promise.withResolvers<void>();
    const drops = (piece: Buffer) => {
      const isSecret = piece.includes("secret");
      if (isSecret) dropped.resolve();
      return isSecret;
    };
    await using echo = await openEcho({ drops });
    echo.client.write("secret");
    await dropped.promise;
    echo.client.write("sentinel");
    expect(await echo.events.next()).toBe("sentinel");
  });

  test("resets, and cuts after so many bytes", async () => {
    await using echo = await openEcho({ cutAfterBytes: 5 });
    echo.client.write("123456");
    expect(await echo.events.next()).toBe("ECONNRESET");
  });

  test("refuses new connections", async () => {
    await using echo = await openEcho({ isRefusing: true });
    expect(await echo.events.next()).toBe("ECONNRESET");
  });

  test("ends one direction and goes on in the other", async () => {
    await using echo = await openEcho();
    echo.client.write("before");
    expect(await echo.events.next()).toBe("before");
    echo.proxy.halfClose("down");
    expect(await echo.events.next()).toBe("end");
    expect(echo.client.writable).toBe(true);
  });

  test("leaves nothing behind of a connection that ended while it was reset", async () => {
    // Those of other tests may still be closing.
    await expect.poll(openSockets).toBe(0);
    await using stack = new AsyncDisposableStack();
    const echo = stack.use(await openEcho());
    echo.client.write("before");
    expect(await echo.events.next()).toBe("before");
    echo.client.end();
    echo.proxy.halfClose("down");
    echo.proxy.reset();
    await stack.disposeAsync();
    await expect.poll(openSockets).toBe(0);
  });

  test("limits its faults to the connections that are named", async () => {
    await using echo = await openEcho({ blackhole: ["up"], only: "named" });
    echo.client.write("somebody else");
    expect(await echo.events.next()).toBe("somebody else");
  });
});
