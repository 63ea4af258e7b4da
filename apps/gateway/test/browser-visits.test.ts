/** What a visit to the page's chat goes through: other tabs, what was kept, and a long log. */
import { TcpProxy } from "@tidewire/testkit";
import type { Locator } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Browsing, endlessFrom, logged, person, said, stopClock, write } from "./browser-page.ts";
import { chatChannels, LOBBY, lobbyOf, startChat } from "./chat-rules.ts";
import { start as startSignedIn } from "./signed-in.ts";

let browsing: Browsing;
beforeAll(async () => {
  browsing = await Browsing.start();
});
afterAll(() => browsing[Symbol.asyncDispose]());

describe("one person in two tabs", () => {
  test("has one name, sees no answer of their own as news, and keeps the conversations of both", async () => {
    await using gateway = await startChat();
    await using zoe = await browsing.open(gateway, { query: LOBBY, name: "Zoë" });
    // In both tabs, what is told of stays until it is read.
    const script = endlessFrom(10_000);
    await using ann = await browsing.open(gateway, { query: LOBBY, name: "Ann", script });
    await using bob = await browsing.open(gateway, { query: LOBBY, name: "Bob" });
    const other = await ann.page.context().newPage();
    await other.addInitScript(script);
    await other.goto(gateway.url + LOBBY);
    await person(other, "Zoë").waitFor();
    await zoe.page.getByRole("button", { name: "Message Ann" }).click();
    await write(zoe.page, "hello");
    const news = other.getByRole("status", { name: "New direct messages" });
    await news.getByText("hello").waitFor();
    await ann.page.getByRole("button", { name: "Read" }).click();
    await write(ann.page, "an answer");
    await write(ann.page, "and another");
    await logged(zoe.page, "and another").waitFor();
    await write(bob.page, "to all");
    await logged(other, "to all").waitFor();
    expect(await news.textContent()).toBe("Zoë hello");
    await other.getByRole("button", { name: "Zoë 1 new" }).waitFor();

    await ann.page.getByRole("button", { name: "Change your name" }).click();
    await ann.page.getByLabel("How shall others call you?").fill("Anna");
    await ann.page.keyboard.press("Enter");
    await person(bob.page, "Anna").waitFor();
    await other.getByText("You are Anna").waitFor();
    await person(other, "Bob").getByRole("button", { name: "Message Bob" }).click();
    await ann.page.getByRole("navigation", { name: "Direct messages" }).getByText("Bob").waitFor();
    expect(ann.complaints).toEqual([]);
  });

  test("who has signed in does not type for ever, once the tab in which they did is closed", async () => {
    await using gateway = await startSignedIn({ channels: chatChannels });
    const query = await lobbyOf("7");
    // Without a pause that would end it.
    await using one = await browsing.open(gateway, { query, script: endlessFrom(4_000) });
    await using other = await browsing.open(gateway, { query, hasClock: true });
    await stopClock(other.page);
    await using ann = await browsing.open(gateway, { query: await lobbyOf("8") });
    await one.page.getByLabel("Message", { exact: true }).pressSequentially("half a w");
    await ann.page.getByText("7 is typing…").waitFor();
    await one.page.close();
    await other.page.clock.resume();
    await ann.page.getByText("7 is typing…").waitFor({ state: "detached" });
    expect(await person(ann.page, "7").count()).toBe(1);
    expect(other.complaints).toEqual([]);
  });
});

test("an invitation to which nobody looks leaves nothing in the browser but a line of the list", async () => {
  await using gateway = await startChat();
  await using zoe = await browsing.open(gateway, { query: LOBBY, name: "Zoë" });
  const self = String(
    await zoe.page.evaluate(() => JSON.parse(localStorage.getItem("tidewire:guest") ?? "")),
  );
  const channel = `dm:${["stranger", self].toSorted().join(",")}`;
  await gateway.post({ channel: `inbox:${self}`, message: { channel, name: "Stranger", id: "stranger" } });
  const list = zoe.page.getByRole("navigation", { name: "Direct messages" });
  await list.getByText("Stranger").waitFor();
  const kept = await zoe.page.evaluate(() => Object.keys(localStorage));
  expect(kept).toContain(`tidewire:conversations:${self}`);
  expect(kept).toContain(`tidewire:read:${self}:chat:lobby`);
  expect(kept).not.toContain(`tidewire:read:${self}:${channel}`);
});

test("a page comes up on what anybody has left in the browser in its place", async () => {
  await using gateway = await startChat();
  const script = `
    localStorage.setItem("tidewire:guest", JSON.stringify("g".repeat(3000)));
    localStorage.setItem("tidewire:rooms", JSON.stringify(["a b", 5, "chat:kept"]));
    localStorage.setItem("tidewire:name:" + "g".repeat(3000), JSON.stringify("n".repeat(100000)));
  `;
  await using opened = await browsing.open(gateway, { query: LOBBY, script, name: "Zoë" });
  await person(opened.page, "Zoë").waitFor();
  await opened.page.getByRole("button", { name: "kept", exact: true }).waitFor();
  expect(opened.complaints).toEqual([]);
});

test("who reads further up stays there, though the oldest go as new ones come", async () => {
  await using gateway = await startChat();
  await using opened = await browsing.open(gateway);
  const { page } = opened;
  const publisher = await gateway.connect();
  const publish = async (from: number, to: number) => {
    for (let number = from; number <= to; number += 1) publisher.send(`number ${number}`);
    await logged(page, `number ${to}`).waitFor();
  };
  await publish(1, 510);
  await logged(page, "number 300").evaluate((element) => element.scrollIntoView());
  await page.getByRole("button", { name: "To the newest" }).waitFor();
  const before = (await logged(page, "number 300").boundingBox())?.y ?? NaN;
  await publish(511, 560);
  expect(await logged(page, "number 60").count()).toBe(0);
  const { y = NaN } = (await logged(page, "number 300").boundingBox()) ?? {};
  expect(Math.abs(y - before)).toBeLessThan(1.5);
});

test("a list that lies over the room leaves the focus where a person puts it, and gives it back, whoever comes", async () => {
  await using gateway = await startChat();
  await using zoe = await browsing.open(gateway, { query: LOBBY, name: "Zoë", width: 360 });
  const { page } = zoe;
  await page.getByRole("button", { name: /^People/ }).click();
  await using ann = await browsing.open(gateway, { query: LOBBY, name: "Ann" });
  await person(page, "Ann").getByRole("button", { name: "Message Ann" }).focus();
  await using bob = await browsing.open(gateway, { query: LOBBY, name: "Bob" });
  await person(page, "Bob").waitFor();
  const focused = page.locator(":focus");
  await expect.poll(() => focused.getAttribute("aria-label")).toBe("Message Ann");
  await page.keyboard.press("Escape");
  await expect.poll(() => focused.textContent()).toMatch(/^People/);
  for (const { complaints } of [zoe, ann, bob]) expect(complaints).toEqual([]);
});

/** Whether a person sees the middle of it. */
function isSeen(element: Locator): Promise<boolean> {
  return element.evaluate((node) => {
    const { left, top, right, bottom } = node.getBoundingClientRect();
    return node.contains(node.ownerDocument.elementFromPoint((left + right) / 2, (top + bottom) / 2));
  });
}

test("who has forty rooms sees the open one in the list, and the way to another one below it", async () => {
  await using gateway = await startChat();
  const names = Array.from(
    { length: 40 },
    (_, index) => `orders:with-a-name-that-is-too-long-for-its-line-${index}`,
  );
  const rooms = JSON.stringify(JSON.stringify(names));
  const script = `localStorage.setItem("tidewire:rooms", ${rooms});`;
  await using zoe = await browsing.open(gateway, { query: `?channel=${names[30]}`, script });
  const { page } = zoe;
  const list = page.getByRole("navigation", { name: "Rooms" }).getByRole("button", { name: /^orders/ });
  expect(await list.count()).toBe(40);
  for (const element of [page.getByLabel("Open a room"), list.nth(30)]) {
    await expect.poll(() => isSeen(element)).toBe(true);
  }
  const leave = page.getByRole("button", { name: `Leave ${names[30]}` });
  expect(await isSeen(leave)).toBe(true);
});

test("what was not answered when the page is loaded anew is there again, and so is what is half-written", async () => {
  await using gateway = await startChat();
  await using proxy = await TcpProxy.start(Number(new URL(gateway.url).port));
  const here = { url: `http://127.0.0.1:${proxy.port}/` };
  await using zoe = await browsing.open(here, { query: LOBBY, name: "Zoë" });
  await using ann = await browsing.open(gateway, { query: LOBBY, name: "Ann" });
  const { page } = zoe;
  const unsure = page.getByText("Perhaps not sent: the page was loaded anew");
  const only = "Upgrade: websocket";
  await write(page, "arrives");
  await logged(page, "arrives").waitFor();

  proxy.set({ only, drops: (_, direction) => direction === "down" });
  await write(page, "went out");
  await logged(ann.page, "went out").waitFor();
  proxy.set({});
  await page.reload();
  await logged(page, "went out").waitFor();
  expect(await unsure.count()).toBe(0);

  proxy.set({ only, drops: (_, direction) => direction === "up" });
  await write(page, "got lost");
  await page.getByText("Sending…", { exact: true }).waitFor();
  await page.getByLabel("Message", { exact: true }).fill("half-written");
  await page.reload();
  await unsure.waitFor();
  expect(await page.getByLabel("Message", { exact: true }).inputValue()).toBe("half-written");
  proxy.set({});
  proxy.reset();
  await page.getByRole("status").getByText("Connected").waitFor();
  await page.getByRole("button", { name: "Try again" }).click();
  await logged(page, "got lost").waitFor();
  expect(await said(page)).toEqual(["arrives", "went out", "got lost"]);
  await expect.poll(() => unsure.count()).toBe(0);
});
