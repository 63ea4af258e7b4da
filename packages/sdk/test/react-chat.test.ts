import { launchChromium, startRedis, TcpProxy } from "@tidewire/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bundle, examplesIn, install, packFiles, readReadme } from "./application.ts";
import { startGateway } from "./real-gateway.ts";

const README_URL = "ws://127.0.0.1:1234/";
const KEPT_ROOMS = { channels: { "room:*": { history: { size: 1_000 } } } };

type Browser = Awaited<ReturnType<typeof launchChromium>>;
type Page = Awaited<ReturnType<Browser["newPage"]>>;

let browser: Browser;
let script: string;
beforeAll(async () => {
  browser = await launchChromium();
  script = await bundleChat();
});
afterAll(() => browser.close());

/** The chat of the README, word for word, but for the address. */
async function bundleChat(): Promise<string> {
  const [chat = ""] = examplesIn(await readReadme(), "tsx");
  const text = chat.replace(README_URL, "/");
  await using folder = await install(await packFiles(), { name: "chat.tsx", text });
  return await bundle(folder.path, "./chat.tsx");
}

/** Two gateways on one Redis, both keeping rooms, and an address that leads to the left one. */
async function startPair(config: object = {}) {
  const redis = await startRedis();
  const options = { redisUrl: redis.url, config: { ...KEPT_ROOMS, ...config } };
  const [left, right] = await Promise.all([startGateway(options), startGateway(options)]);
  const proxy = await TcpProxy.start(left.port);
  return {
    left,
    right,
    proxy,
    url: `http://127.0.0.1:${proxy.port}/`,
    async [Symbol.asyncDispose]() {
      for (const part of [proxy, left, right, redis]) await part[Symbol.asyncDispose]();
    },
  };
}

/** The chat in a page of that gateway. */
async function openChat(url: string) {
  const page = await browser.newPage();
  const faults: string[] = [];
  page.on("pageerror", ({ message }) => faults.push(message));
  await page.route("**/chat.js", (route) => route.fulfill({ contentType: "text/javascript", body: script }));
  // Any page of the gateway will do that has no script of its own.
  await page.goto(`${url}healthz`);
  await page.addScriptTag({ url: "/chat.js", type: "module" });
  return { page, faults, [Symbol.asyncDispose]: () => page.close() };
}

async function say(page: Page, text: string): Promise<void> {
  await page.locator("input").fill(text);
  await page.locator("input").press("Enter");
}

/** Resolves once the page shows that state of its connection. */
function untilState(page: Page, state: string): Promise<void> {
  return page.locator(`input[placeholder="${state}"]`).waitFor();
}

/** Resolves with all that stands there once that text does. */
async function readUntil(page: Page, text: string): Promise<string[]> {
  await page
    .locator("p", { hasText: new RegExp(`^${text}$`) })
    .first()
    .waitFor();
  return page.locator("p").allTextContents();
}

describe("the chat of the README, in two pages over two gateways", () => {
  test("goes on when one gateway is killed: nothing is lost, doubled or out of order", async () => {
    await using pair = await startPair();
    await using one = await openChat(pair.url);
    await using other = await openChat(pair.right.url);
    await Promise.all([one, other].map(({ page }) => untilState(page, "connected")));
    await say(one.page, "hello");
    await readUntil(other.page, "hello");
    await say(other.page, "hello to you");
    await readUntil(one.page, "hello to you");

    pair.proxy.set({ isRefusing: true });
    pair.left.program.kill("SIGKILL");
    await untilState(one.page, "waiting");
    await say(one.page, "sent while it was away");
    await say(other.page, "said meanwhile");
    await readUntil(other.page, "said meanwhile");
    pair.proxy.moveTo(pair.right.port);
    pair.proxy.set({});

    await untilState(one.page, "connected");
    await readUntil(one.page, "sent while it was away");
    await say(one.page, "the end");
    const said = ["hello", "hello to you", "said meanwhile", "sent while it was away", "the end"];
    expect(await readUntil(one.page, "the end")).toEqual(said);
    expect(await readUntil(other.page, "the end")).toEqual(said);
    expect([one.faults, other.faults]).toEqual([[], []]);
  });

  test("shows that the network is silent, and goes on when it is not any more", async () => {
    await using pair = await startPair({ limits: { heartbeatIntervalMs: 200 } });
    await using one = await openChat(pair.url);
    await using other = await openChat(pair.right.url);
    await Promise.all([one, other].map(({ page }) => untilState(page, "connected")));
    await say(one.page, "hello");
    await readUntil(other.page, "hello");

    pair.proxy.set({ blackhole: ["up", "down"] });
    await say(one.page, "into the silence");
    await say(other.page, "said meanwhile");
    await readUntil(other.page, "said meanwhile");
    await one.page.locator('input:not([placeholder="connected"])').waitFor();
    pair.proxy.set({});

    await untilState(one.page, "connected");
    await readUntil(one.page, "into the silence");
    await say(one.page, "the end");
    const said = await readUntil(one.page, "the end");
    expect(said.toSorted()).toEqual(["hello", "into the silence", "said meanwhile", "the end"]);
    expect(await readUntil(other.page, "the end")).toEqual(said);
  });
});
