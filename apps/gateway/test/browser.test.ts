import { fileURLToPath } from "node:url";
import { freePort, run, TcpProxy } from "@tidewire/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ChannelRuleInput } from "../src/channel-rules.ts";
import { KEPT } from "./event-reader.ts";
import { Browsing, endlessFrom, logged, said, untilListening, write } from "./browser-page.ts";
import { start as startSignedIn } from "./signed-in.ts";
import { startTestGateway } from "./test-gateway.ts";
import { mint } from "./tokens.ts";

const PUBLISH = fileURLToPath(new URL("../../publisher/src/main.ts", import.meta.url));

let browsing: Browsing;
beforeAll(async () => {
  browsing = await Browsing.start();
});
afterAll(() => browsing[Symbol.asyncDispose]());

/** The page waits as long as it may before each try, and that wait has no end. */
const LONG_WAITS = `${endlessFrom(10_000)} Math.random = () => 1_000;`;

describe("the page in Chromium", () => {
  test("shows what the business server publishes, and what another tab sends", async () => {
    await using gateway = await startTestGateway();
    await using first = await browsing.open(gateway);
    await using second = await browsing.open(gateway);
    const published = await run(process.execPath, [PUBLISH, "channel", "data", "--gateway", gateway.url]);
    expect(published.stdout).toContain("1 receiver");
    await logged(first.page, "data").waitFor();
    await write(second.page, "from the second tab");
    for (const { page, complaints } of [first, second]) {
      await logged(page, "from the second tab").waitFor();
      expect(await logged(page, "from the second tab").count()).toBe(1);
      expect(complaints).toEqual([]);
    }
  });

  test("joins the channel that its address or its form names", async () => {
    await using gateway = await startTestGateway();
    await using opened = await browsing.open(gateway, { query: "?channel=room:42" });
    const { page } = opened;
    await gateway.post({ channel: "room:42", message: "for the room" });
    await logged(page, "for the room").waitFor();
    await page.getByLabel("Open a room").fill("room:43");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "room:43" }).waitFor();
    await page.getByText("live: nothing is kept").waitFor();
    await gateway.post({ channel: "room:43", message: "for the other room" });
    await logged(page, "for the other room").waitFor();
    expect(new URL(page.url()).searchParams.get("channel")).toBe("room:43");
    await page.goBack();
    await logged(page, "for the room").waitFor();
  });

  test("says when the gateway is gone, sends what was written meanwhile, and tells of the gap", async () => {
    const port = await freePort();
    const first = await startTestGateway({ config: { port } });
    await using opened = await browsing.open(first);
    const { page } = opened;
    await page.getByLabel("Message", { exact: true }).fill("half-written");
    await first.drain();
    await page.getByRole("status").getByText("Cannot reach the gateway").waitFor();
    expect(await page.getByLabel("Message", { exact: true }).inputValue()).toBe("half-written");
    await page.getByRole("button", { name: "Send" }).click();
    await page.getByText("Waiting for the connection", { exact: true }).waitFor();
    expect(await logged(page, "half-written").count()).toBe(0);

    await using second = await startTestGateway({ config: { port } });
    await page.getByRole("status").getByText("Connected").waitFor();
    expect(second.url).toBe(first.url);
    await page.getByRole("log").getByText("Messages may be missing here").waitFor();
    await logged(page, "half-written").waitFor();
    await page.getByText("Waiting for the connection", { exact: true }).waitFor({ state: "detached" });
    // In the log alone: a second later it is read out, too.
    expect(await page.locator(".row").getByText("half-written").count()).toBe(1);
  });

  test("tries at once when a person wants it to", async () => {
    const port = await freePort();
    const first = await startTestGateway({ config: { port } });
    await using opened = await browsing.open(first, { script: LONG_WAITS });
    const { page } = opened;
    await first.drain();
    // The first wait is the gateway's own advice.
    await page.getByRole("status").getByText("Cannot reach the gateway").waitFor();
    // It is counted down all the same.
    await page.getByText(/^Next try in (\d+ s|a moment)$/).waitFor();
    await using second = await startTestGateway({ config: { port } });
    await page.getByRole("button", { name: "Try now" }).click();
    await page.getByRole("status").getByText("Connected").waitFor();
    await untilListening(page);
    await second.post({ channel: "channel", message: "here again" });
    await logged(page, "here again").waitFor();
    expect(opened.console.filter((line) => line.includes("ERR_CONNECTION_REFUSED"))).toHaveLength(1);
  });

  test("begins with what is kept of a stream channel, and shows JSON as JSON", async () => {
    await using gateway = await startTestGateway({ config: { channels: KEPT } });
    for (const message of ["first", { second: [1, "2"] }]) await gateway.post({ channel: "kept:1", message });
    await using opened = await browsing.open(gateway, { query: "?channel=kept:1" });
    await logged(opened.page, "first").waitFor();
    await logged(opened.page, '{"second":[1,"2"]}').waitFor();
    await write(opened.page, '{"third": "is text"}');
    await logged(opened.page, '{"third": "is text"}').waitFor();
    expect(await said(opened.page)).toEqual(["first", '{"second":[1,"2"]}', '{"third": "is text"}']);
  });

  test("keeps a message that is refused, with the reason, to be mended", async () => {
    const channels = { "news:*": ChannelRuleInput.parse({ publish: "nobody" }) };
    await using gateway = await startTestGateway({ config: { channels } });
    await using opened = await browsing.open(gateway, { query: "?channel=news:1" });
    const { page } = opened;
    await write(page, "not for me to say");
    await page.getByText(/^Not sent: .*\(forbidden\)$/).waitFor();
    await page.getByRole("button", { name: "Edit" }).click();
    expect(await page.getByLabel("Message", { exact: true }).inputValue()).toBe("not for me to say");
    expect(await page.getByText("not for me to say").count()).toBe(1);
    await page.getByRole("button", { name: "Send" }).click();
    await page.getByRole("button", { name: "Try again" }).click();
    await page.getByText(/^Not sent: .*\(forbidden\)$/).waitFor();
    await page.getByRole("button", { name: "Discard" }).click();
    expect(await page.getByText("not for me to say").count()).toBe(0);
  });

  test("says when the gateway does not let it read a channel, and reads others", async () => {
    const channels = { "secret:*": ChannelRuleInput.parse({ subscribe: "nobody" }) };
    await using gateway = await startTestGateway({ config: { channels } });
    await using opened = await browsing.open(gateway, { query: "?channel=secret:1" });
    const { page } = opened;
    await page.getByRole("alert").getByText("Not listening.").waitFor();
    await page.getByRole("button", { name: "Listen again" }).click();
    await page.getByRole("alert").getByText("(forbidden)").waitFor();
    await page.getByRole("button", { name: "channel from anywhere" }).click();
    await page.getByText("live: nothing is kept").waitFor();
    await page.getByRole("button", { name: "Leave secret:1" }).click();
    expect(await page.getByText("secret:1").count()).toBe(0);
  });

  test("stays away where it is not let in, says why, and connects again when a person wants it to", async () => {
    await using gateway = await startSignedIn();
    await using opened = await browsing.open(gateway, { status: "Not signed in" });
    const { page } = opened;
    await page.getByText(`${gateway.url}?token=…`).waitFor();
    await page.getByText("pnpm --filter publisher exec token --sub 7").waitFor();
    await page.getByLabel("Message", { exact: true }).fill("half-written");
    expect(await page.getByRole("button", { name: "Send" }).isDisabled()).toBe(true);
    await page.context().addCookies([{ name: "tidewire_token", value: await mint(), url: gateway.url }]);
    await page.getByRole("button", { name: "Connect again" }).click();
    await page.getByRole("status").getByText("as user 7").waitFor();
    await untilListening(page);
    await page.getByRole("button", { name: "Send" }).click();
    await logged(page, "half-written").waitFor();
  });

  test("signs in with the token in its address", async () => {
    await using gateway = await startSignedIn();
    await using opened = await browsing.open(gateway, { query: `?token=${await mint()}` });
    await opened.page.getByRole("status").getByText("as user 7").waitFor();
    expect(opened.complaints).toEqual([]);
  });

  test("tells in the console what to type there, and that does the whole job", async () => {
    await using gateway = await startTestGateway();
    await using opened = await browsing.open(gateway);
    const hint = opened.console.find((line) => line.includes("new WebSocket"));
    expect(hint).toContain(`new WebSocket("${gateway.webSocketUrl.replace(/\/$/, "")}")`);
    await using client = await gateway.connect();
    await opened.page.evaluate((url) => {
      const ws = new WebSocket(url);
      ws.addEventListener("message", (event) => ws.send(`echo: ${event.data}`), { once: true });
      ws.addEventListener("open", () => ws.send("hello from the console"));
    }, gateway.webSocketUrl);
    expect(await client.next()).toBe("hello from the console");
    expect(await client.next()).toBe("echo: hello from the console");
  });

  test("fits a screen of 360 px: long commands scroll by themselves, and the page does not scroll sideways", async () => {
    await using gateway = await startTestGateway();
    await using opened = await browsing.open(gateway, { width: 360 });
    const { page } = opened;
    const button = await page.getByRole("button", { name: "What is happening" }).boundingBox();
    const status = await page.getByRole("status").filter({ hasText: "Connected" }).boundingBox();
    expect(button?.y).toBeLessThan((status?.y ?? 0) + (status?.height ?? 0));
    expect(button?.x).toBeGreaterThanOrEqual((status?.x ?? 0) + (status?.width ?? 0));

    const command = page.getByRole("main").locator("pre");
    await command.focus();
    await page.keyboard.press("ArrowRight");
    await expect.poll(() => command.evaluate(({ scrollLeft }) => scrollLeft)).toBeGreaterThan(0);
    await write(page, "a-word-that-does-not-end-".repeat(40));
    await page.getByRole("log").getByText("a-word-that-does-not-end").waitFor();
    const hidden = "document.documentElement.scrollWidth - document.documentElement.clientWidth";
    expect(await page.evaluate(hidden)).toBe(0);
  });
});

test("an EventSource in Chromium comes back by itself after a loss, and misses nothing", async () => {
  await using gateway = await startTestGateway({ config: { channels: KEPT } });
  await using proxy = await TcpProxy.start(Number(new URL(gateway.url).port));
  const context = await browsing.browser.newContext();
  const page = await context.newPage();
  await page.goto(`http://127.0.0.1:${proxy.port}/`);
  const shown: string[] = [];
  await page.exposeFunction("show", (text: string) => shown.push(text));
  await page.evaluate(`
    const source = new EventSource("/api/v1/events?channel=kept:1");
    source.addEventListener("open", () => show("open"));
    source.addEventListener("gap", () => show("gap"));
    source.addEventListener("message", ({ data }) => show(data));
  `);
  await expect.poll(() => shown).toEqual(["open"]);
  // Lost before there was any message, and again after some; each time something is published meanwhile.
  const publish = (message: string) => gateway.post({ channel: "kept:1", message });
  for (const [first, second] of [
    ["1", "2"],
    ["3\nof two lines", "4"],
  ]) {
    proxy.set({ isRefusing: true });
    proxy.reset();
    await publish(`${first}`);
    proxy.set({});
    await expect.poll(() => shown).toContain(first);
    await publish(`${second}`);
    await expect.poll(() => shown).toContain(second);
  }
  await expect.poll(() => shown).toEqual(["open", "open", "1", "2", "open", "3\nof two lines", "4"]);
  await context.close();
});
