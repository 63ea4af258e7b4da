/** A page in a real browser that is loaded again, as others on its channel see it. */
import { launchChromium } from "@tidewire/testkit";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { LONG_MS, memberAt, rosterAt, startPresence } from "./presence-helpers.ts";
import { KEY } from "./signed-in.ts";
import type { TestGateway } from "./test-gateway.ts";
import { mint } from "./tokens.ts";

/** Settles once the page that the action loads is subscribed. */
async function subscribedAfter(page: Page, action: () => Promise<unknown>): Promise<void> {
  const subscribed = page
    .waitForEvent("websocket")
    .then((socket) =>
      socket.waitForEvent("framereceived", ({ payload }) => String(payload).includes('"subscribed"')),
    );
  await Promise.all([subscribed, action()]);
}

/** Settles once the gateway has noticed that no connection of the user is left. */
async function untilDisconnected({ url }: TestGateway, user: string): Promise<void> {
  const headers = { authorization: `Bearer ${KEY.key}` };
  let connections: readonly unknown[];
  do {
    const response = await fetch(`${url}api/v1/connections?user=${user}`, { headers });
    ({ connections } = (await response.json()) as { connections: readonly unknown[] });
  } while (connections.length > 0);
}

test("loading a page again, or coming back to it, tells the others neither that its user left nor that it joined", async () => {
  await using gateway = await startPresence({ presenceGraceMs: LONG_MS });
  await using roster = await rosterAt(gateway, "7");
  const browser = await launchChromium();
  try {
    const page = await browser.newPage();
    const address = `${gateway.url}?channel=room:1&token=${await mint({ sub: "8" })}`;
    await subscribedAfter(page, () => page.goto(address));
    await roster.untilThere("7", "8");
    for (let time = 0; time < 3; time += 1) await subscribedAfter(page, () => page.reload());
    await page.goto("about:blank");
    await untilDisconnected(gateway, "8");
    await subscribedAfter(page, () => page.goBack());
  } finally {
    await browser.close();
  }
  await untilDisconnected(gateway, "8");
  await using last = await memberAt(gateway, "8");
  // Who says so leaves without grace.
  await last.request("unsubscribe", { channel: "room:1" });
  await using sentinel = await memberAt(gateway, "9");
  await roster.untilThere("7", "9");
  const moves = roster.told.filter((step) => /^(joined|left) 8$/.test(step));
  expect(moves).toEqual(["joined 8", "left 8"]);
  // Otherwise the gateway would wait for their graces.
  for (const client of [roster.client, sentinel]) await client.request("unsubscribe", { channel: "room:1" });
});
