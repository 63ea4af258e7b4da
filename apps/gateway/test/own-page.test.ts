import { mkdtempDisposable, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { launchChromium } from "@tidewire/testkit";
import { expect, test } from "vitest";
import { startTestGateway } from "./test-gateway.ts";

const README = new URL("../../../README.md", import.meta.url);
const ADDRESS = "ws://127.0.0.1:1234/";

test("the page of the README, saved on a disk and opened twice, is a chat of twenty lines", async () => {
  const [, page = ""] = /^```html\n(.*?)^```/ms.exec(await readFile(README, "utf8")) ?? [];
  expect(page).toContain(ADDRESS);
  expect(page.trim().split("\n").length).toBe(20);
  await using gateway = await startTestGateway();
  await using folder = await mkdtempDisposable(join(tmpdir(), "tidewire-own-page-"));
  const file = join(folder.path, "chat.html");
  await writeFile(file, page.replace(ADDRESS, gateway.webSocketUrl));
  const browser = await launchChromium();
  try {
    const pages = [await browser.newPage(), await browser.newPage()];
    for (const each of pages) {
      await each.goto(`file://${file}`);
      await each.waitForFunction("socket.readyState === WebSocket.OPEN");
    }
    for (const [index, each] of pages.entries()) {
      await each.locator("input").fill(`<b>hello ${index}</b>`);
      await each.locator("input").press("Enter");
      for (const other of pages) await other.getByText(`<b>hello ${index}</b>`, { exact: true }).waitFor();
      expect(await each.locator("input").inputValue()).toBe("");
    }
  } finally {
    await browser.close();
  }
});
