import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Inbox, launchChromium, startRedis } from "@tidewire/testkit";
import { describe, expect, test } from "vitest";
import { createServerClient } from "../src/server/index.ts";
import { buildFiles } from "./built.ts";
import { PATIENT, startGateway, untilAnswered } from "./real-gateway.ts";

// A worker that is slow to start is waited for: otherwise the tab would have a connection of its own.
const APPLICATION = `
  import { connect } from "./index.js";
  import { shareTabs } from "./shared.js";
  const start = () => new SharedWorker("./shared-worker.js", { type: "module" });
  const share = shareTabs(start, { helloTimeoutMs: 100_000 });
  const client = connect(GATEWAY, { share, connectTimeoutMs: 100_000, minBackoffMs: 20, maxBackoffMs: 100 });
  client.onState(({ kind }) => console.log(kind));
  const channel = client.channel("kept:tabs");
  await channel.subscribe({
    onMessage: ({ data }) => console.log("heard", data),
    onGap: ({ reason }) => console.log("gap", reason),
  }, { last: 10 }).ready;
  await client.channel("own:" + location.hash.slice(1)).subscribe(() => {}).ready;
  console.log("ready");
`;

/** The built library and a page with the application, as a web server has them. */
async function startSite(gatewayUrl: string) {
  const application = APPLICATION.replace("GATEWAY", JSON.stringify(gatewayUrl));
  const files = new Map((await buildFiles()).map(({ name, text }) => [name.replace("dist", ""), text]));
  files.set("/", '<!doctype html><script type="module" src="/application.js"></script>');
  files.set("/application.js", application);
  const server = createServer(({ url = "" }, response) => {
    const isScript = url.endsWith(".js");
    response.writeHead(files.has(url) ? 200 : 404, {
      "content-type": isScript ? "text/javascript" : "text/html",
    });
    response.end(files.get(url));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const browser = await launchChromium();
  const context = await browser.newContext();
  return {
    /** Another tab, with a channel of its own; what it says on its console, and what it said until it was ready. */
    async open(name: string) {
      const page = await context.newPage();
      const said = new Inbox<string>();
      page.on("pageerror", (error) => said.push(error.message));
      page.on("console", (line) => line.type() === "log" && said.push(line.text()));
      await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/#${name}`);
      const begun: string[] = [];
      await said.find((line) => begun.push(line) > 0 && line === "ready");
      return { page, said, begun };
    },
    async [Symbol.asyncDispose]() {
      await browser.close();
      server.close();
    },
  };
}

describe("in Chromium, two tabs", () => {
  test("share one connection, which lives as long as one of them, and over a gateway that is killed", async () => {
    await using redis = await startRedis();
    await using gateway = await startGateway({ redisUrl: redis.url });
    const server = createServerClient(gateway.url, PATIENT);
    await using site = await startSite(gateway.url);
    const killed = (await server.gateways()).map(({ id }) => id);
    const connectionCount = async (gone: readonly string[] = []) =>
      (await untilAnswered(() => server.connections(), gone)).connections.length;

    const one = await site.open("one");
    await server.publish("kept:tabs", "first");
    expect(await one.said.next()).toBe("heard first");
    const other = await site.open("other");
    expect(other.begun).toEqual(["connected", "heard first", "ready"]);
    expect(await connectionCount()).toBe(1);
    await server.publish("kept:tabs", "second");
    expect(await one.said.next()).toBe("heard second");
    expect(await other.said.next()).toBe("heard second");

    gateway.program.kill("SIGKILL");
    expect(await one.said.next()).toBe("waiting");
    expect(await other.said.next()).toBe("waiting");
    await using again = await startGateway({ redisUrl: redis.url, port: gateway.port });
    expect(again.url).toBe(gateway.url);
    await server.publish("kept:tabs", "while it was away");
    for (const { said } of [one, other]) {
      await said.find((line) => line === "connected");
      expect(await said.next()).toBe("heard while it was away");
    }

    await one.page.close();
    await server.publish("kept:tabs", "to who is left");
    expect(await other.said.next()).toBe("heard to who is left");
    expect(await connectionCount(killed)).toBe(1);
    await other.page.close();
    while ((await connectionCount(killed)) > 0);
  });

  // The worker lives in the process of the tab that came first, and ends with it.
  test.each(["first", "second"])("go on as one, without a gap, when the %s one crashes", async (crashing) => {
    await using redis = await startRedis();
    await using gateway = await startGateway({ redisUrl: redis.url });
    const server = createServerClient(gateway.url, PATIENT);
    await using site = await startSite(gateway.url);
    const tabs = [await site.open("first"), await site.open("second")];
    if (crashing === "second") tabs.reverse();
    const [crashed, left] = tabs;
    const channels = async () =>
      (await untilAnswered(() => server.channels())).channels.map(({ channel }) => channel);
    expect(await channels()).toEqual(["kept:tabs", "own:first", "own:second"]);
    await Promise.all([
      crashed?.page.waitForEvent("crash"),
      crashed?.page.goto("chrome://crash").catch(() => {}),
      server.publish("kept:tabs", "still here"),
    ]);
    const heard: string[] = [];
    await left?.said.find((line) => heard.push(line) > 0 && line === "heard still here");
    while ((await channels()).length !== 2);
    expect(await channels()).not.toContain(`own:${crashing}`);
    await server.publish("kept:tabs", "after it");
    await left?.said.find((line) => heard.push(line) > 0 && line === "heard after it");
    expect(heard.filter((line) => line.startsWith("gap"))).toEqual([]);
  });
});
