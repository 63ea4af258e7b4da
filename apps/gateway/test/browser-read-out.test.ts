/** What the page's chat reads out, to people who do not see it. */

import { afterAll, beforeAll, expect, test } from "vitest";
import { Browsing, logged, passTime, stopClock, write } from "./browser-page.ts";
import { LOBBY, startChat } from "./chat-rules.ts";

let browsing: Browsing;
beforeAll(async () => {
  browsing = await Browsing.start();
});
afterAll(() => browsing[Symbol.asyncDispose]());

/** Collects what the page reads out: each time another element. */
const HEAR = `
  window.heard = [];
  const seen = new WeakSet();
  new MutationObserver(() => {
    const said = document.querySelector(".log-frame > [aria-live=polite] > p");
    if (!said?.textContent || seen.has(said)) return;
    seen.add(said);
    window.heard.push(said.textContent);
  }).observe(document, { subtree: true, childList: true });
`;

/** How many messages that is. */
function heardMessages(heard: readonly string[]): number {
  const counts = heard.map((text) =>
    Number(/^(\d+) new messages$/.exec(text)?.[1] ?? text.split("\n").length),
  );
  return counts.reduce((sum, count) => sum + count, 0);
}

function saidByCron(text: string) {
  return { text, name: "cron", id: "cron" };
}

test("what comes is read out, a flood as its number, and neither what was there before nor one's own", async () => {
  await using gateway = await startChat();
  const post = (text: string) => gateway.post({ channel: "chat:lobby", message: saidByCron(text) });
  await post("from before");
  await using zoe = await browsing.open(gateway, {
    query: LOBBY,
    name: "Zoë",
    script: HEAR,
    hasClock: true,
  });
  const { page } = zoe;
  const heard = () => page.evaluate<string[]>("window.heard");
  const untilLogged = (text: string) => passTime(page, () => logged(page, text).isVisible());
  await logged(page, "from before").waitFor();
  // That takes it beyond the second in which it begins to listen for what is new.
  await stopClock(page);
  await write(page, "mine");
  await post("a single one");
  await untilLogged("mine");
  await untilLogged("a single one");
  await page.clock.runFor(1_000);
  await expect.poll(heard).toEqual(["cron: a single one"]);

  await using flood = await gateway.connectV1();
  const lines = Array.from({ length: 40 }, (_, index) => {
    const data = saidByCron(`flood ${index}`);
    return { type: "publish", id: flood.nextId(), channel: "chat:lobby", data };
  });
  flood.send(...lines);
  const later = async () => (await heard()).slice(1);
  await untilLogged("flood 39");
  await page.clock.runFor(1_000);
  await expect.poll(async () => heardMessages(await later())).toBe(40);
  expect((await later()).length).toBeLessThan(10);
});
