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

export async function launchChromium(): Promise<Browser> {
  const executablePath = findProgram(CHROMIUM_NAMES);
  if (!executablePath) throw new Error(`no Chromium on the path (looked for ${CHROMIUM_NAMES.join(", ")})`);
  return chromium.launch({ executablePath, headless: true, args: ARGUMENTS });
}
