import { mkdtempDisposable, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { launchChromium, startRedis } from "@tidewire/testkit";
import { expect, test } from "vitest";
import { Walkthrough } from "./walkthrough.ts";

const PAGE = new URL("../browser-and-php/index.html", import.meta.url);
const TICK = /^tick \d{4}-\d\d-\d\dT\d\d:\d\d:\d0\.000Z$/m;

test("a page from the disk shows what PHP and a timer push, and what another page sends", async () => {
  await using redis = await startRedis();
  await using walk = new Walkthrough("examples/browser-and-php/README.md", { redis });
  await walk.startGateway();
  await using folder = await mkdtempDisposable(join(tmpdir(), "tidewire-page-"));
  const file = join(folder.path, "index.html");
  await writeFile(file, walk.translate(await readFile(PAGE, "utf8")));
  await using browser = await launchChromium();
  const open = async () => {
    const page = await browser.newPage();
    await page.goto(`file://${file}`);
    const log = page.locator("pre");
    await log.getByText("(connected)").waitFor();
    return { page, log };
  };
  const [one, other] = [await open(), await open()];

  expect(await walk.run("php ")).toBe("1");
  expect(await walk.run("php ")).toBe('{"receivers":1}');
  await one.page.locator("input").fill("hello");
  await one.page.locator("input").press("Enter");
  for (const { log } of [one, other]) {
    await log.getByText("hello").waitFor();
    const said = (await log.textContent())?.split("\n").filter((line) => !TICK.test(line));
    expect(said).toEqual(["(connected)", "data from PHP", "data from PHP over HTTP", "hello", ""]);
    await log.getByText(TICK).waitFor();
  }
  expect(walk.rest).toEqual([]);
});
