/** The page's panel “What is happening”, in a real browser at a real gateway. */
import { createMemoryBroker } from "@tidewire/broker";
import { freePort, launchChromium } from "@tidewire/testkit";
import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { passTime, stopClock, untilListening } from "./browser-page.ts";
import { start as startSignedIn } from "./signed-in.ts";
import { startTestGateway, testConfig, type TestGateway } from "./test-gateway.ts";
import { mint } from "./tokens.ts";

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());

interface OpenedPanel extends AsyncDisposable {
  readonly page: Page;
  readonly panel: Locator;
  /** Errors and warnings in the console, and exceptions. */
  readonly complaints: string[];
  /** What was logged there otherwise. */
  readonly logged: string[];
}

/** An element, as far as it is asked for its size. */
interface Box {
  readonly scrollWidth: number;
  readonly clientWidth: number;
}

interface PanelOptions {
  readonly query?: string;
  readonly width?: number;
  /** Time passes when the test lets it, too. */
  readonly hasClock?: boolean;
}

/** The panel of a page that is connected, and listens. */
async function openPanel(
  gateway: Pick<TestGateway, "url">,
  { query = "", width = 1_000, hasClock = false }: PanelOptions = {},
): Promise<OpenedPanel> {
  const context = await browser.newContext({ viewport: { width, height: 800 } });
  const page = await context.newPage();
  const [complaints, logged]: [string[], string[]] = [[], []];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(message.text());
    else logged.push(message.text());
  });
  if (hasClock) await page.clock.install({ time: 0 });
  await page.goto(gateway.url + query);
  await page.getByRole("button", { name: "What is happening" }).click();
  const panel = page.getByRole("region", { name: "What is happening" });
  await panel.getByText("Connected", { exact: true }).waitFor();
  await untilListening(page);
  return { page, panel, complaints, logged, [Symbol.asyncDispose]: () => context.close() };
}

function frames(panel: Locator, form: "tidewire.v1" | "plain"): Locator {
  return panel.getByRole("log", { name: `Frames of ${form}` }).getByRole("listitem");
}

async function openPlain({ page, panel }: OpenedPanel) {
  const socket = page.waitForEvent("websocket");
  await panel.getByRole("tab", { name: "plain" }).click();
  await panel.getByText("Open", { exact: true }).waitFor();
  return socket;
}

/** How far one could scroll sideways. */
function hiddenWidth(box: Locator): Promise<number> {
  return box.evaluate((element: Box) => element.scrollWidth - element.clientWidth);
}

describe("the panel", () => {
  test("shows the frames of the page’s own connection, from the first one on", async () => {
    await using gateway = await startTestGateway();
    await using opened = await openPanel(gateway);
    const passed = frames(opened.panel, "tidewire.v1");
    await gateway.post({ channel: "channel", message: "for the panel" });
    await passed.filter({ hasText: '"data": "for the panel"' }).waitFor();
    expect(await passed.nth(0).textContent()).toContain("opened");
    expect(await passed.nth(1).textContent()).toContain('{ "type": "connect", "id": 1 }');
    expect(await passed.nth(2).textContent()).toContain('"type": "connected"');
    const connection = /"connection": "([^"]+)"/.exec((await passed.nth(2).textContent()) ?? "")?.[1] ?? "";
    expect(await opened.panel.getByText(connection, { exact: true }).isVisible()).toBe(true);
    expect(opened.complaints).toEqual([]);
  });

  test("shows in plain nothing but the payload, both ways", async () => {
    await using gateway = await startTestGateway();
    await using opened = await openPanel(gateway, { query: "?channel=room:1" });
    await openPlain(opened);
    await using neighbour = await gateway.connect("?channel=room:1");
    await opened.panel.getByLabel("Text to send").fill("bare text");
    await opened.page.keyboard.press("Enter");
    expect(await neighbour.next()).toBe("bare text");
    const texts = frames(opened.panel, "plain").locator(".frame-text");
    await texts.nth(2).waitFor();
    await gateway.post({ channel: "room:1", message: { a: [1] } });
    await texts.nth(3).waitFor();
    expect(await texts.allTextContents()).toEqual(["opened", "bare text", "bare text", '{"a":[1]}']);
    expect(opened.complaints).toEqual([]);
  });

  test("shows of a frame that is no text its first bytes", async () => {
    await using gateway = await startTestGateway({
      createBroker: (handlers) => {
        const memory = createMemoryBroker(handlers);
        const payload = Buffer.from([0, 255]);
        return { ...memory, publish: (channel, facts) => memory.publish(channel, { ...facts, payload }) };
      },
    });
    await using opened = await openPanel(gateway);
    await openPlain(opened);
    await gateway.post({ channel: "channel", message: "bytes" });
    const shown = frames(opened.panel, "plain").filter({ hasText: "binary: 00 ff" });
    expect(await shown.textContent()).toContain("2 B");
  });

  test("has the bare connection for as long as its tab is shown, which the keyboard chooses", async () => {
    await using gateway = await startTestGateway();
    await using opened = await openPanel(gateway);
    const { page, panel } = opened;
    const socket = await openPlain(opened);
    const closed = socket.waitForEvent("close");
    await page.keyboard.press("ArrowLeft");
    await frames(panel, "tidewire.v1").first().waitFor();
    await closed;
    const another = page.waitForEvent("websocket");
    await page.keyboard.press("End");
    expect((await another).url()).toBe(gateway.webSocketUrl);
    expect(await panel.getByRole("tab", { name: "plain" }).getAttribute("aria-selected")).toBe("true");
    expect(opened.complaints).toEqual([]);
  });

  test("says why the bare connection has ended, and opens it again when a person wants it to", async () => {
    // Both connections are asked to leave within a second or so, and not over eight.
    const limits = { ...testConfig().limits, drainTimeoutMs: 2_000 };
    const port = await freePort();
    const first = await startTestGateway({ config: { limits, port } });
    await using opened = await openPanel(first);
    const { panel } = opened;
    await openPlain(opened);
    await first.drain();
    await panel.getByText(/^Closed: 4000 /).waitFor();
    await panel.getByText(/^Next try within \d+ s: /).waitFor();
    await using second = await startTestGateway({ config: { port } });
    expect(second.url).toBe(first.url);
    await panel.getByRole("button", { name: "Open again" }).click();
    await panel.getByText("Open", { exact: true }).waitFor();
  });

  test("signs in in both forms, and shows the token nowhere", async () => {
    await using gateway = await startSignedIn();
    const token = await mint();
    await using opened = await openPanel(gateway, { query: `?token=${token}` });
    const { panel } = opened;
    await frames(panel, "tidewire.v1").filter({ hasText: '"token": "•••"' }).waitFor();
    const socket = await openPlain(opened);
    expect(socket.url()).not.toContain(token);
    expect(await opened.page.locator("body").innerHTML()).not.toContain(token);
    expect(opened.complaints).toEqual([]);
  });

  test("measures the round trip, with a heartbeat that is shown to who wants it", async () => {
    await using gateway = await startTestGateway();
    await using opened = await openPanel(gateway);
    const { panel } = opened;
    await panel.getByRole("checkbox", { name: "Hide heartbeats" }).uncheck();
    await panel.getByRole("button", { name: "Measure" }).click();
    const beats = frames(panel, "tidewire.v1").filter({ hasText: /"type": "p[io]ng"/ });
    // The client counts its requests from 1, and asks by itself when nothing comes for a while.
    const measured = beats.filter({ hasText: String(Number.MAX_SAFE_INTEGER) });
    await measured.filter({ hasText: "pong" }).waitFor();
    expect(await measured.count()).toBe(2);
    await panel.getByText(/^\d+(\.\d)? ms, median \d+(\.\d)? ms of \d+$/).waitFor();
    await panel.getByRole("checkbox", { name: "Hide heartbeats" }).check();
    expect(await beats.count()).toBe(0);
  });

  test("stands still while it is paused, and forgets what was cleared", async () => {
    await using gateway = await startTestGateway();
    await using opened = await openPanel(gateway);
    const { panel } = opened;
    const passed = frames(panel, "tidewire.v1");
    // The gateway's channel, the lobby and the inbox, and who is in the lobby: after that nothing comes by itself.
    const lines = passed.locator("code");
    await lines.filter({ hasText: '"type": "subscribed"' }).nth(2).waitFor();
    await lines.filter({ hasText: /"(joined|members)": \[\s*\{/ }).waitFor();
    await panel.getByRole("button", { name: "Pause" }).click();
    const before = await passed.count();
    await gateway.post({ channel: "channel", message: "unseen" });
    await panel.getByText("1 newer").waitFor();
    expect(await passed.count()).toBe(before);
    await panel.getByRole("button", { name: "Clear" }).click();
    await panel.getByRole("button", { name: "Pause" }).click();
    await passed.filter({ hasText: "unseen" }).waitFor();
    expect(await passed.count()).toBe(1);
  });

  test("counts messages by the second, and waits with it while nobody sees the page", async () => {
    await using gateway = await startTestGateway();
    await using opened = await openPanel(gateway, { hasClock: true });
    const { page, panel } = opened;
    const rate = panel.getByText(/messages? a second now/);
    const untilShown = (text: string) => passTime(page, () => panel.getByText(text).isVisible());
    await stopClock(page);
    const beSeen = (visibility: string) =>
      page.evaluate(`
        Object.defineProperty(document, "visibilityState", { value: "${visibility}", configurable: true });
        document.dispatchEvent(new Event("visibilitychange"));
      `);
    await beSeen("hidden");
    await gateway.post({ channel: "channel", message: "while nobody looks" });
    await untilShown("while nobody looks");
    await page.clock.runFor(5_000);
    expect(await rate.textContent()).toBe("0 messages a second now, at most 0 in the last minute");
    await beSeen("visible");
    await panel.getByText("0 messages a second now, at most 1 in the last minute").waitFor();
    await gateway.post({ channel: "channel", message: "while somebody looks" });
    await untilShown("1 message a second now, at most 1 in the last minute");
  });

  test("tells what to type in a console, and that does the whole job in both forms", async () => {
    await using gateway = await startTestGateway();
    await using opened = await openPanel(gateway);
    const { page, panel } = opened;
    for (const [form, expected] of [
      ["tidewire.v1", /"data":"hello"/],
      ["plain", /^hello$/],
    ] as const) {
      await panel.getByRole("tab", { name: form }).click();
      await panel.getByText("What to type elsewhere").click();
      const code = await panel.locator(".command").first().locator("pre").textContent();
      await page.evaluate(`{ ${code} }`);
      await expect.poll(() => opened.logged.some((line) => expected.test(line))).toBe(true);
    }
    expect(opened.complaints).toEqual([]);
  });

  test("fits a screen of 360 px without scrolling sideways, and has it for itself", async () => {
    await using gateway = await startTestGateway();
    await using opened = await openPanel(gateway, { width: 360 });
    const { page, panel } = opened;
    await expect.poll(() => page.locator(":focus").textContent()).toBe("Close");
    expect(await page.locator(".shell > :not([inert], .toasts)").getAttribute("class")).toBe("dock");
    for (const [form, readyText] of [
      ["tidewire.v1", /^This page’s own connection/],
      ["plain", /^Open$/],
    ] as const) {
      await panel.getByRole("tab", { name: form }).click();
      await panel.getByText(readyText).waitFor();
      await gateway.post({ channel: "channel", message: "a-word-that-does-not-end-".repeat(400) });
      await panel.getByText("… cut here").waitFor();
      expect(await hiddenWidth(page.locator("html"))).toBe(0);
      expect(await hiddenWidth(panel.getByRole("region", { name: `Frames of ${form}` }))).toBe(0);
    }
  });
});
