/** The page of a gateway in a real Chromium. */
import { launchChromium } from "@tidewire/testkit";
import type { Browser, Locator, Page } from "playwright-core";
import { expect } from "vitest";

const STEP_MS = 50;

export interface OpenedPage extends AsyncDisposable {
  readonly page: Page;
  /** Errors and warnings in the console, and exceptions. */
  readonly complaints: string[];
  readonly console: string[];
}

export interface PageOptions {
  readonly query?: string;
  readonly width?: number;
  /** What its status says in the end. @default that it is connected */
  readonly status?: string;
  /** Runs in the page before all else. */
  readonly script?: string;
  /** Its clock can be stopped: {@link stopClock}. */
  readonly hasClock?: boolean;
  /** Chosen in a room of people, where a guest is asked for it. */
  readonly name?: string;
}

export class Browsing implements AsyncDisposable {
  readonly #browser: Browser;

  private constructor(browser: Browser) {
    this.#browser = browser;
  }

  static async start(): Promise<Browsing> {
    return new Browsing(await launchChromium());
  }

  /** The page in a browser profile of its own, once it says that it is connected, and listens or may not. */
  async open(gateway: { readonly url: string }, options: PageOptions = {}): Promise<OpenedPage> {
    const { query = "", width = 1_200, status, script = "", hasClock = false, name } = options;
    const context = await this.#browser.newContext({ viewport: { width, height: 800 } });
    const page = await context.newPage();
    const [complaints, lines]: [string[], string[]] = [[], []];
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("console", (message) => {
      lines.push(message.text());
      if (["error", "warning"].includes(message.type())) complaints.push(message.text());
    });
    await page.addInitScript(script);
    if (hasClock) await page.clock.install({ time: 0 });
    await page.goto(gateway.url + query);
    await page
      .getByRole("status")
      .getByText(status ?? "Connected")
      .waitFor();
    if (status === undefined) await untilListening(page);
    if (name !== undefined) {
      await page.getByLabel("How shall others call you?").fill(name);
      await page.keyboard.press("Enter");
    }
    return { page, complaints, console: lines, [Symbol.asyncDispose]: () => context.close() };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#browser.close();
  }

  get browser(): Browser {
    return this.#browser;
  }
}

/**
 * Resolves once the gateway has answered whether the page may listen in the room that is open. Connected is not enough:
 * what is published in a live room before that is for nobody.
 */
export function untilListening(page: Page): Promise<void> {
  const answered = /^(live: nothing is kept|kept: nothing is missed|Not listening\.)$/;
  return page.getByText(answered).waitFor({ state: "attached" });
}

/** For a page's `script`: what waits that long, or longer, waits for ever; so nothing that is shown for a time goes. */
export function endlessFrom(ms: number): string {
  return `{
    const { setTimeout: start } = window;
    window.setTimeout = (callback, delayMs) => (delayMs >= ${ms} ? 0 : start(callback, delayMs));
  }`;
}

/** From now on time passes in that page only as {@link passTime} lets it. */
export function stopClock(page: Page): Promise<void> {
  // Ahead of it, however slow the machine is: a clock can't be stopped in the past.
  return page.clock.pauseAt(3_600_000);
}

/** Lets time pass, in small steps, until it is so; never faster than it does elsewhere, where the page's answers come from. */
export async function passTime(page: Page, isSo: () => Promise<boolean>): Promise<void> {
  const step = async () => {
    await page.clock.runFor(STEP_MS);
    return isSo();
  };
  await expect.poll(step, { interval: STEP_MS }).toBe(true);
}

export async function write(page: Page, text: string): Promise<void> {
  await page.getByLabel("Message", { exact: true }).fill(text);
  await page.keyboard.press("Enter");
}

export function logged(page: Page, text: string): Locator {
  return page.getByRole("log").getByText(text, { exact: true });
}

/** What the rows of the log say, without what the page itself says there. */
export function said(page: Page): Promise<string[]> {
  return page.getByRole("log").locator(".payload").allTextContents();
}

/** The row of that person in the list of those who are in the room. */
export function person(page: Page, name: string): Locator {
  return page
    .getByRole("region", { name: /^People here/ })
    .getByRole("listitem")
    .filter({ hasText: name });
}
