import { Inbox, launchChromium, type RedisServer, startRedis } from "@tidewire/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildFiles } from "./built.ts";
import { startGateway } from "./real-gateway.ts";

let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis[Symbol.asyncDispose]());

// So long a wait that only the network's return can end it in time. Of an hour, chance could choose a second.
const APPLICATION = `
  Math.random = () => 0.9;
  import { connect } from "/dist/index.js";
  const client = connect("/", { minBackoffMs: 3600000, maxBackoffMs: 3600000 });
  client.onState(({ kind }) => console.log(kind));
  const channel = client.channel("kept:page");
  await channel.subscribe(({ data }) => console.log("heard", JSON.stringify(data))).ready;
  await channel.publish({ text: "from the page" });
`;

/** A page of a gateway with that script in it, and what it says in the console. */
async function openPage(url: string, scripts: Readonly<Record<string, string>>) {
  const browser = await launchChromium();
  const context = await browser.newContext();
  const page = await context.newPage();
  const said = new Inbox<string>();
  page.on("pageerror", (error) => said.push(error.message));
  page.on("console", (line) => line.type() === "log" && said.push(line.text()));
  for (const [path, body] of Object.entries(scripts)) {
    await page.route(`**${path}`, (route) => route.fulfill({ contentType: "text/javascript", body }));
  }
  await page.goto(url);
  await page.addScriptTag({ url: "/application.js", type: "module" });
  return { context, said, [Symbol.asyncDispose]: () => browser.close() };
}

describe("in Chromium, a page", () => {
  test("hears, publishes, and is back at once when the network is, without loss", async () => {
    const built = (await buildFiles()).map(({ name, text }) => [`/${name}`, text] as const);
    await using gateway = await startGateway({ redisUrl: redis.url });
    const scripts = { ...Object.fromEntries(built), "/application.js": APPLICATION };
    await using page = await openPage(gateway.url, scripts);
    // The gateway's own page talks there, too.
    await page.said.find((line) => line === "connected");
    expect(await page.said.next()).toBe('heard {"text":"from the page"}');

    gateway.program.kill("SIGKILL");
    expect(await page.said.next()).toBe("waiting");
    await using again = await startGateway({ redisUrl: redis.url, port: gateway.port });
    const body = JSON.stringify({ channel: "kept:page", message: "while it was away" });
    const headers = { "content-type": "application/json" };
    await fetch(`${again.url}message`, { method: "POST", headers, body });
    await page.context.setOffline(true);
    await page.context.setOffline(false);
    expect(await page.said.take(3)).toEqual(["connecting", "connected", 'heard "while it was away"']);
  });
});
