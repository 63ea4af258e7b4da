import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { TidewireError } from "../src/index.ts";
import { HttpApi } from "../src/server/http-api.ts";
import { createServerClient } from "../src/server/index.ts";
import { ServerClient } from "../src/server/server-client.ts";
import { FakeWorld, settle } from "./fake-world.ts";

const KEY = "a-key-that-nobody-may-see";

/** A server that answers so, and what it was asked. */
async function startHttp(listener: RequestListener) {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

/** A client in a world of the test's, whose gateway answers so, one after the other. */
function beginFake(...answers: readonly (() => Response | Promise<Response>)[]) {
  const world = new FakeWorld();
  const asked: { readonly url: string; readonly init: RequestInit; readonly atMs: number }[] = [];
  const fetch = async (url: string, init: RequestInit) => {
    asked.push({ url, init, atMs: world.nowMs() });
    return (answers[asked.length - 1] ?? (() => Promise.reject(new TypeError("nobody answers"))))();
  };
  const limits = { timeoutMs: 10_000, attemptTimeoutMs: 5_000 };
  const base = new URL("https://push.test/below/");
  const api = new HttpApi({ base, apiKey: KEY, fetch, limits, environment: world });
  const pass = async (byMs: number) => {
    await settle();
    world.advance(byMs);
    await settle();
  };
  return { server: new ServerClient(api, world), asked, pass, world };
}

const cutOff = () => Promise.reject<Response>(new TypeError("cut off"));
const hang = () => new Promise<Response>(() => {});
const answer = (body: object, init?: ResponseInit) => () => Response.json(body, init);
const outcome = (channel: string, fields: object) => ({ channel, duplicate: false, ...fields });
const refused = (channel: string, code: string, retry: boolean) => ({
  channel,
  error: { code, message: "no", retry },
});

describe("a call", () => {
  test("waits as long as it is told before it is repeated, with the same key", async () => {
    const { server, asked, pass } = beginFake(
      answer(
        { error: { code: "rate_limited", message: "" } },
        { status: 429, headers: { "retry-after": "3" } },
      ),
      answer({ results: [outcome("room:1", {})] }),
    );
    const published = server.publish("room:1", "hello");
    await pass(2_999);
    expect(asked).toHaveLength(1);
    await pass(1_000);
    await expect(published).resolves.toEqual({ duplicate: false });
    const [first, second] = asked;
    expect(first?.url).toBe("https://push.test/below/api/v1/publish");
    expect(first?.init.headers).toMatchObject({ authorization: `Bearer ${KEY}` });
    expect(second?.init.body).toBe(first?.init.body);
    expect(first?.init.body).toContain('"key":"key-1"');
  });

  test("is given up at once when the wait would be too long, with what was said last", async () => {
    const { server, world } = beginFake(
      answer(
        { error: { code: "unavailable", message: "away" } },
        { status: 503, headers: { "retry-after": "60" } },
      ),
    );
    await expect(server.gateways()).rejects.toMatchObject({
      code: "unavailable",
      message: "away",
      retry: true,
    });
    expect(world.timers.size).toBe(0);
  });

  test("that is never answered is tried again, and ends in time", async () => {
    const { server, asked, pass, world } = beginFake(hang, hang, hang);
    const failed = server.gateways().catch((reason: unknown) => reason);
    await pass(5_000);
    await pass(200);
    expect(asked).toHaveLength(2);
    await pass(4_800);
    expect(await failed).toMatchObject({ code: "no_answer", retry: true });
    expect(asked).toHaveLength(2);
    expect(asked[0]?.init.signal?.aborted).toBe(true);
    expect(world.timers.size).toBe(0);
  });

  test("to many is repeated for those alone that could not take it", async () => {
    const { server, asked, pass } = beginFake(
      answer({
        results: [outcome("a", {}), refused("b", "unavailable", true), refused("c", "forbidden", false)],
      }),
      answer({ results: [outcome("b", { duplicate: true })] }),
    );
    const published = server.publishToAll(["a", "b", "c"], "hello");
    await pass(1_000);
    expect(await published).toMatchObject([
      { channel: "a", duplicate: false },
      { channel: "b", duplicate: true },
      { channel: "c", error: { code: "forbidden", retry: false } },
    ]);
    expect(asked[1]?.init.body).toBe('{"channels":["b"],"key":"key-1","data":"hello"}');
  });

  test("to many says of each what is known when the rest fails", async () => {
    const { server, pass } = beginFake(
      answer({ results: [outcome("a", {}), refused("b", "unavailable", true)] }),
      answer({ error: { code: "forbidden", message: "not any more" } }, { status: 403 }),
    );
    const published = server.publishToAll(["a", "b"], "hello");
    await pass(1_000);
    expect(await published).toMatchObject([{ channel: "a" }, { channel: "b", error: { code: "forbidden" } }]);
  });

  test("to many keeps apart why each could not take it, to the last", async () => {
    const results = [refused("a", "unavailable", true), refused("b", "rate_limited", true)];
    const { server, pass } = beginFake(...Array.from({ length: 100 }, () => answer({ results })));
    const published = server.publishToAll(["a", "b"], "hello");
    for (let waited = 0; waited < 20; waited += 1) await pass(1_000);
    expect(await published).toMatchObject([
      { channel: "a", error: { code: "unavailable" } },
      { channel: "b", error: { code: "rate_limited" } },
    ]);
  });

  test("that may have gone out once rejects so, whatever came after that", async () => {
    const busy = answer({ error: { code: "unavailable", message: "away" } }, { status: 503 });
    const { server, pass } = beginFake(cutOff, ...Array.from({ length: 100 }, () => busy));
    const published = server.publish("room:1", "hello").catch((reason: unknown) => reason);
    for (let waited = 0; waited < 20; waited += 1) await pass(1_000);
    expect(await published).toMatchObject({ code: "connection_lost", retry: true });
  });

  test("to a user rejects with what came last, after which it may have gone out", async () => {
    const { server, pass } = beginFake(answer({ results: [refused("user:7", "unavailable", true)] }));
    const published = server.publishToUser("7", "hello").catch((reason: unknown) => reason);
    for (let waited = 0; waited < 20; waited += 1) await pass(1_000);
    expect(await published).toMatchObject({ code: "connection_lost", retry: true });
  });

  test.each([
    ["a page", "<html>hello</html>"],
    ["JSON that says nothing", "{}"],
    ["too few results", '{"results":[]}'],
    ["results that are none", '{"results":[7]}'],
    ["a result without its channel", '{"results":[{"duplicate":false}]}'],
  ])("that is answered with %s is not taken for done", async (_, text) => {
    const { server } = beginFake(() => new Response(text));
    await expect(server.publish("room:1", 1)).rejects.toMatchObject({ code: "bad_answer", retry: false });
  });

  test.each([
    [301, "bad_answer", false],
    [401, "unauthorized", false],
    [404, "not_found", false],
    [500, "bad_answer", true],
  ])("that a proxy answers with %i and a page rejects with %s", async (status, code, retry) => {
    const { server, asked } = beginFake(() => new Response("<html>", { status }));
    await expect(server.channels()).rejects.toMatchObject({ code, retry });
    expect(asked).toHaveLength(1);
  });

  test("over real HTTP follows no redirect and waits for no body", async () => {
    await using http = await startHttp((request, response) => {
      if (request.url?.includes("gateways")) response.writeHead(302, { location: "/" }).end();
      else response.writeHead(200).write('{"channels":[');
    });
    const patient = createServerClient(http.url, { timeoutMs: 100_000, attemptTimeoutMs: 100_000 });
    await expect(patient.gateways()).rejects.toMatchObject({ code: "bad_answer" });
    const impatient = createServerClient(http.url, { timeoutMs: 200 });
    await expect(impatient.channels()).rejects.toMatchObject({ code: "no_answer" });
  });
});

describe("a client of the server API", () => {
  test("shows its key to nobody", async () => {
    const server = createServerClient("http://127.0.0.1:1/", { apiKey: KEY, timeoutMs: 0 });
    const error = await server.publish("room:1", "a secret").catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(TidewireError);
    expect(inspect([server, error], { depth: 10 })).not.toMatch(/a-key-that|a secret/);
    expect(() => createServerClient("http://127.0.0.1:1/", { apiKey: `${KEY}\n` })).toThrow(
      /^An API key is ASCII without white space.$/,
    );
  });

  test.each(["ftp://push.test/", "https://user:secret@push.test/"])("is not made for %s", (url) => {
    expect(() => createServerClient(url)).toThrow(/^The URL must be/);
  });
});
