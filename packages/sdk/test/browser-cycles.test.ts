import { launchChromium, type RedisServer, startRedis } from "@tidewire/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildFiles } from "./built.ts";
import { startGateway } from "./real-gateway.ts";
import { startSite } from "./site.ts";

let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis[Symbol.asyncDispose]());

const CYCLES = 1_000;

/**
 * How many more objects of a class may be alive afterwards. The engine's collector takes whatever lies on the machine's
 * stack for a reference, also what nobody uses any more, and a socket that closes stays until it is closed: the last
 * connections may be held so, each with a few objects. What is kept for each connection comes to {@link CYCLES}.
 */
const HELD_BY_CHANCE = CYCLES / 20;

// Browsers don't say which timers run.
const COUNT_TIMERS = `
  const running = new Set();
  const { setTimeout: set, clearTimeout: clear } = globalThis;
  globalThis.setTimeout = (callback, delay) => {
    const timer = set(() => { running.delete(timer); callback(); }, delay);
    running.add(timer);
    return timer;
  };
  globalThis.clearTimeout = (timer) => { running.delete(timer); clear(timer); };
  globalThis.countTimers = () => running.size;
`;

// The class itself is not exported: what counts its objects needs it all the same.
const APPLICATION = `
  import { connect } from "/dist/index.js";
  globalThis.cycle = async (times) => {
    for (let n = 0; n < times; n += 1) {
      const client = connect("GATEWAY");
      const channel = client.channel("room:1");
      const heard = Promise.withResolvers();
      client.onState(() => {});
      const subscription = channel.subscribe({ onMessage: heard.resolve, onState() {} });
      await channel.publish(n);
      await heard.promise;
      client.close();
      globalThis.Tidewire ??= client.constructor;
      globalThis.Subscription ??= subscription.constructor;
    }
  };
  await cycle(2);
  console.log("ready");
`;

/** A page of nothing but that application, and how to count what is alive in it. */
async function openPage(gatewayUrl: string) {
  const html = `<script>${COUNT_TIMERS}</script><script type="module" src="application.js"></script>`;
  const application = APPLICATION.replace("GATEWAY", gatewayUrl);
  const scripts = (await buildFiles()).filter(({ name }) => name.endsWith(".js"));
  const site = await startSite({
    ...Object.fromEntries(scripts.map(({ name, text }) => [name, text])),
    "index.html": html,
    "application.js": application,
  });
  const browser = await launchChromium();
  const page = await browser.newPage();
  const ready = page.waitForEvent("console", (line) => line.text() === "ready");
  await page.goto(site.url);
  await ready;
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("Performance.enable");

  /** How many objects of that class are left once all that can go is gone. */
  const count = async (name: string): Promise<number> => {
    const prototype = await devtools.send("Runtime.evaluate", { expression: `${name}.prototype` });
    const { objects } = await devtools.send("Runtime.queryObjects", {
      prototypeObjectId: prototype.result.objectId ?? "",
    });
    const ask = {
      objectId: objects.objectId ?? "",
      functionDeclaration: "function () { return this.length }",
    };
    const length = await devtools.send("Runtime.callFunctionOn", ask);
    await devtools.send("Runtime.releaseObject", { objectId: objects.objectId ?? "" });
    return Number(length.result.value);
  };
  const census = async (): Promise<Record<string, number>> => {
    const names = ["Tidewire", "Subscription", "WebSocket", "AbortController", "Promise", "Map", "Set"];
    const alive: Record<string, number> = {};
    for (const name of names) alive[name] = await count(name);
    const { metrics } = await devtools.send("Performance.getMetrics");
    const listeners = metrics.find(({ name }) => name === "JSEventListeners")?.value;
    return { ...alive, listeners: Number(listeners) };
  };
  const end = async () => {
    await browser.close();
    await site[Symbol.asyncDispose]();
  };
  return { page, census, [Symbol.asyncDispose]: end };
}

test(`${CYCLES} connections that came and went leave no timer in a page, and no object or listener each`, async () => {
  await using gateway = await startGateway({ redisUrl: redis.url });
  await using application = await openPage(gateway.url);
  const before = await application.census();
  await application.page.evaluate(`cycle(${CYCLES})`);
  expect(await application.page.evaluate("countTimers()")).toBe(0);
  const after = Object.entries(await application.census());
  expect(after.filter(([name, count]) => count > (before[name] ?? 0) + HELD_BY_CHANCE)).toEqual([]);
});
