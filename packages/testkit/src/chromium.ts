/** The system's Chromium, driven by playwright-core. */
import { type Browser, chromium } from "playwright-core";
import { findProgram } from "./find-program.ts";

/** What the program is called on one system or another. */
export const CHROMIUM_NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

// Nothing but the page under test may use the network.
const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** A bound for what hangs, not an expectation: a little less than that of a test, which can't say what it waited for. */
const TIMEOUT_MS = 110_000;

export async function launchChromium(): Promise<Browser> {
  const executablePath = findProgram(CHROMIUM_NAMES);
  if (!executablePath) throw new Error(`no Chromium on the path (looked for ${CHROMIUM_NAMES.join(", ")})`);
  const browser = await chromium.launch({
    executablePath,
    headless: true,
    args: ARGUMENTS,
    timeout: TIMEOUT_MS,
  });
  browser.on("context", (context) => context.setDefaultTimeout(TIMEOUT_MS));
  return browser;
}
