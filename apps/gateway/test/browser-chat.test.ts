/** The chat of the page: people in a real Chromium, who talk over real gateways. */
import { randomUUID } from "node:crypto";
import { rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runGateway, startRedis, TcpProxy, untilListening, untilReady } from "@tidewire/testkit";
import axe, { type AxeResults } from "axe-core";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Browsing, endlessFrom, logged, person, said, write } from "./browser-page.ts";
import { CHAT, chatChannels, LOBBY, lobbyOf, startChat } from "./chat-rules.ts";
import { post, start as startSignedIn } from "./signed-in.ts";

let browsing: Browsing;
beforeAll(async () => {
  browsing = await Browsing.start();
});
afterAll(() => browsing[Symbol.asyncDispose]());

describe("people in the lobby", () => {
  test("talk, see who is there and who types, and are told apart where they have one name", async () => {
    await using gateway = await startChat();
    await using zoe = await browsing.open(gateway, { query: LOBBY, name: "Zoë" });
    // A pause would end that she types, before she sends it.
    const script = endlessFrom(4_000);
    await using ann = await browsing.open(gateway, { query: LOBBY, name: "Ann", script });
    await person(zoe.page, "Ann").waitFor();
    await ann.page.getByLabel("Message", { exact: true }).pressSequentially("Good");
    await zoe.page.getByText("Ann is typing…").waitFor();
    await write(ann.page, "Good morning");
    await logged(zoe.page, "Good morning").waitFor();
    await zoe.page.getByText("Ann is typing…").waitFor({ state: "detached" });
    await write(zoe.page, "Hello Ann");
    await logged(ann.page, "Hello Ann").waitFor();
    expect(await person(ann.page, "Zoë").locator(".tag").count()).toBe(0);

    await using other = await browsing.open(gateway, { query: LOBBY, name: "Zoë" });
    await write(other.page, "I am Zoë, too");
    await logged(ann.page, "I am Zoë, too").waitFor();
    const marks = await ann.page.locator("[data-kind=said] .tag").allTextContents();
    expect(new Set(marks).size).toBe(2);
    await gateway.post({
      channel: "chat:lobby",
      message: { text: "from outside", name: "cron", id: "cron" },
    });
    await logged(ann.page, "from outside").waitFor();
    expect(await said(ann.page)).toEqual(["Good morning", "Hello Ann", "I am Zoë, too", "from outside"]);
    for (const { complaints } of [zoe, ann, other]) expect(complaints).toEqual([]);
  });

  test("are not told of one who reloads, and are told of one who leaves", async () => {
    await using gateway = await startChat();
    await using zoe = await browsing.open(gateway, { query: LOBBY, name: "Zoë" });
    const ann = await browsing.open(gateway, { query: LOBBY, name: "Ann" });
    await person(zoe.page, "Ann").waitFor();
    await write(zoe.page, "before");
    await logged(zoe.page, "before").waitFor();
    await ann.page.reload();
    await person(ann.page, "Zoë").waitFor();
    await ann[Symbol.asyncDispose]();
    await zoe.page.getByText("Ann left.").waitFor();
    const log = await zoe.page.getByRole("log").textContent();
    expect(log?.slice(log.indexOf("before"))).toBe("beforeAnn left.");
  });

  test("who have signed in are told from who claims to be one of them", async () => {
    await using gateway = await startSignedIn({ channels: chatChannels });
    await using zoe = await browsing.open(gateway, { query: await lobbyOf("7") });
    await using ann = await browsing.open(gateway, { query: await lobbyOf("8") });
    await zoe.page.getByRole("button", { name: "Change your name" }).click();
    await zoe.page.getByLabel("How shall others call you?").fill("Zoë");
    await zoe.page.keyboard.press("Enter");
    await write(zoe.page, "I am 7");
    await logged(ann.page, "I am 7").waitFor();
    await post(gateway, "message", {
      channel: "chat:lobby",
      message: { text: "me, too", name: "Zoë", id: "7" },
    });
    await logged(ann.page, "me, too").waitFor();
    const bylines = await ann.page.locator(".byline").allTextContents();
    expect(bylines.map((text) => /verified.*/.exec(text)?.[0])).toEqual(["verified user", "verified"]);
    expect(bylines.map((text) => text.includes("not verified"))).toEqual([false, true]);
    await person(ann.page, "Zoë").getByRole("button", { name: "Message Zoë" }).click();
    await write(ann.page, "to user 7");
    await zoe.page.getByRole("button", { name: "8 1 new" }).click();
    await logged(zoe.page, "to user 7").waitFor();
    expect(zoe.complaints).toEqual([]);
  });

  test("get what is older as they scroll up, and stay where they read", async () => {
    await using gateway = await startChat();
    for (let number = 1; number <= 140; number += 1) {
      const message = { text: `number ${number}`, name: "cron", id: "cron" };
      await gateway.post({ channel: "chat:lobby", message });
    }
    await using zoe = await browsing.open(gateway, { query: LOBBY, name: "Zoë" });
    const { page } = zoe;
    await logged(page, "number 140").waitFor();
    const box = page.getByRole("region", { name: "Messages in lobby" });
    const first = page.getByRole("log").getByText("number 91", { exact: true });
    await first.waitFor();
    await box.evaluate((element) => element.scrollTo(0, 0));
    await logged(page, "number 41").waitFor({ state: "attached" });
    // What was at the top still is about there, though 50 came above it.
    await expect.poll(async () => (await first.boundingBox())?.y ?? -1).toBeGreaterThan(0);
    expect((await first.boundingBox())?.y).toBeLessThan(400);
    await box.evaluate((element) => element.scrollTo(0, 0));
    await page.getByText("This is the beginning of what is kept.").waitFor({ state: "attached" });
    expect(await said(page)).toEqual(Array.from({ length: 140 }, (_, index) => `number ${index + 1}`));
    await gateway.post({ channel: "chat:lobby", message: { text: "new", name: "cron", id: "cron" } });
    await page.getByRole("button", { name: "1 new message" }).click();
    await expect.poll(() => logged(page, "new").isVisible()).toBe(true);

    // Who says something looks at what they have said, wherever they were.
    await box.evaluate((element) => element.scrollTo(0, 0));
    await page.getByRole("button", { name: "To the newest" }).waitFor();
    await write(page, "from the top");
    await logged(page, "from the top").waitFor();
    await page.getByRole("button", { name: "To the newest" }).waitFor({ state: "detached" });
  });
});

test("who has not said their name is asked to join in first, and the beginning stands above what they say", async () => {
  await using gateway = await startChat();
  await using guest = await browsing.open(gateway, { query: LOBBY });
  await guest.page.getByText("Join in below, then say something").waitFor();
  await guest.page.getByRole("button", { name: "Join in" }).click();
  await guest.page.getByText("Say something below").waitFor();
  await write(guest.page, "hello");
  await logged(guest.page, "hello").waitFor();
  const beginning = await guest.page.getByText("This is the beginning of what is kept.").boundingBox();
  const log = await guest.page.getByRole("log").boundingBox();
  expect(log?.y).toBe((beginning?.y ?? 0) + (beginning?.height ?? 0));
  expect(beginning?.y).toBeGreaterThan(400);
});

test("a name that is an id stands there once", async () => {
  await using signedIn = await startSignedIn({ channels: chatChannels });
  await using seven = await browsing.open(signedIn, { query: await lobbyOf("7") });
  const card = seven.page.getByRole("region", { name: "You", exact: true });
  expect(await card.locator(".self-line > span").textContent()).toMatch(/^You are 7\s*$/);
  await card.getByRole("button", { name: "Change your name" }).click();
  await card.getByLabel("How shall others call you?").fill("Zoë");
  await seven.page.keyboard.press("Enter");
  await card.getByText("You are Zoë 7").waitFor();
});

test("what a server publishes to one user marks a room of their own, to read and not to write in", async () => {
  await using gateway = await startSignedIn({ channels: chatChannels });
  await using zoe = await browsing.open(gateway, { query: await lobbyOf("7") });
  await using ann = await browsing.open(gateway, { query: await lobbyOf("8") });
  const { page } = zoe;
  // Each listens in their own room, and looks at another.
  for (const each of [page, ann.page]) {
    await each.getByRole("button", { name: "only for you read-only" }).click();
    await each.getByText("Nothing has arrived for you yet").waitFor();
    await each.getByRole("button", { name: "lobby" }).click();
    await each.getByRole("heading", { name: "lobby" }).waitFor();
  }
  await post(gateway, "message", { userId: "7", message: "for user 7" });
  await page.getByRole("button", { name: "only for you read-only 1 new" }).click();
  await logged(page, "for user 7").waitFor();
  expect(await page.getByLabel("Message", { exact: true }).count()).toBe(0);
  await page.getByText("Read-only:").waitFor();
  await expect.poll(() => page.title()).toBe("only for you · Tidewire");

  // By its address, before the gateway has said who this is: it does not stay among the rooms that were added.
  await page.reload();
  await page.getByText("Nothing has arrived for you yet").waitFor();
  expect(await page.evaluate("localStorage.getItem('tidewire:rooms')")).toBe("[]");
  await post(gateway, "message", { userId: "8", message: "for user 8" });
  await ann.page.getByRole("button", { name: "only for you read-only 1 new" }).waitFor();
  for (const { complaints } of [zoe, ann]) expect(complaints).toEqual([]);
});

test("two people write in private: the other hears of it, wherever they look, also after having been away", async () => {
  await using gateway = await startChat();
  await using zoe = await browsing.open(gateway, { query: LOBBY, name: "Zoë" });
  // What she is told of stays until it is read.
  const script = endlessFrom(10_000);
  await using ann = await browsing.open(gateway, { query: LOBBY, name: "Ann", script });
  await zoe.page.getByRole("button", { name: "Message Ann" }).click();
  await expect.poll(() => zoe.page.locator(":focus").textContent()).toBe("Ann");
  await zoe.page.getByText("anybody who knows the name of this channel could read it").waitFor();
  await write(zoe.page, "between us");
  await ann.page.getByRole("status", { name: "New direct messages" }).getByText("between us").waitFor();
  await expect.poll(() => ann.page.title()).toBe("(1) lobby · Tidewire");
  await ann.page.getByRole("button", { name: "Zoë 1 new" }).click();
  await logged(ann.page, "between us").waitFor();
  await expect.poll(() => ann.page.title()).toBe("Zoë · Tidewire");

  await ann.page.goto("about:blank");
  await write(zoe.page, "while you were away");
  await logged(zoe.page, "while you were away").waitFor();
  await ann.page.goto(gateway.url);
  await ann.page.getByRole("button", { name: "Zoë 1 new" }).click();
  await logged(ann.page, "while you were away").waitFor();
  await ann.page.getByRole("log").getByText("New", { exact: true }).waitFor();
  expect(await said(ann.page)).toEqual(["between us", "while you were away"]);
});

/** A gateway as a process of its own, on that Redis. */
async function startThere(redisUrl: string) {
  const file = join(tmpdir(), `tidewire-${randomUUID()}.json`);
  await writeFile(file, JSON.stringify({ channels: CHAT }));
  const program = runGateway(["--port", "0", "--redis", redisUrl, "--config", file]);
  const { url } = await untilListening(program);
  await rm(file);
  await untilReady(url);
  const port = Number(new URL(url).port);
  return { program, port, [Symbol.asyncDispose]: () => program[Symbol.asyncDispose]() };
}

test("a gateway is killed: nothing is lost, nothing comes twice, and what was written meanwhile goes out", async () => {
  await using redis = await startRedis();
  await using one = await startThere(redis.url);
  await using two = await startThere(redis.url);
  await using proxy = await TcpProxy.start(one.port);
  const here = { url: `http://127.0.0.1:${proxy.port}/` };
  await using zoe = await browsing.open(here, { query: LOBBY, name: "Zoë" });
  await using ann = await browsing.open(here, { query: LOBBY, name: "Ann" });
  await write(zoe.page, "1");
  await logged(ann.page, "1").waitFor();

  proxy.set({ isRefusing: true });
  one.program.kill("SIGKILL");
  await zoe.page.getByRole("status").getByText("Cannot reach the gateway").waitFor();
  await write(zoe.page, "2, while away");
  await zoe.page.getByText("Waiting for the connection", { exact: true }).waitFor();
  await write(zoe.page, "3, while away");
  proxy.moveTo(two.port);
  proxy.set({});
  for (const { page } of [zoe, ann]) await page.getByRole("status").getByText("Connected").waitFor();
  await write(ann.page, "4");
  const all = ["1", "2, while away", "3, while away", "4"];
  for (const { page } of [zoe, ann]) {
    // Each of the two writes on a connection of their own.
    for (const text of all) await logged(page, text).waitFor();
    expect((await said(page)).toSorted()).toEqual(all);
    expect(await page.getByText("Waiting for the connection", { exact: true }).count()).toBe(0);
    expect(await page.getByText("Messages may be missing here").count()).toBe(0);
    // Neither among those that are not in the room yet.
    await expect.poll(() => page.locator(".row").getByText("2, while away").count()).toBe(1);
  }
});

/** What speaks against it in either scheme of colours, in the words of the checker. */
async function faultsOf(page: Page): Promise<string[]> {
  await page.emulateMedia({ colorScheme: "light" });
  const inLight = await page.evaluate<AxeResults>("axe.run({ resultTypes: ['violations'], preload: false })");
  await page.emulateMedia({ colorScheme: "dark" });
  const inDark = await page.evaluate<AxeResults>("axe.run({ runOnly: ['color-contrast'] })");
  const wide = await page.evaluate<number>(
    "document.documentElement.scrollWidth - document.documentElement.clientWidth",
  );
  const faults = [...inLight.violations, ...inDark.violations]
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`));
  return wide === 0 ? faults : [...faults, `it scrolls sideways by ${wide} px`];
}

describe.each([1_200, 360])("at %s px", (width) => {
  test("everybody can use it: beside a gap, in the lobby, without a connection", async () => {
    await using gateway = await startChat();
    await using proxy = await TcpProxy.start(Number(new URL(gateway.url).port));
    const here = { url: `http://127.0.0.1:${proxy.port}/` };
    await using opened = await browsing.open(here, { width, script: axe.source });
    const { page, complaints } = opened;
    await page.getByText("live: nothing is kept").waitFor();
    proxy.reset();
    await page.getByText("Messages may be missing here").waitFor();
    await write(page, "a-word-that-does-not-end-".repeat(20));
    expect(await faultsOf(page)).toEqual([]);
    complaints.splice(0);

    await using lobby = await browsing.open(here, { width, script: axe.source, query: LOBBY, name: "Zoë" });
    await using other = await browsing.open(here, { query: LOBBY, name: "Zoë" });
    await write(other.page, "hello");
    await logged(lobby.page, "hello").waitFor();
    await write(lobby.page, "mine");
    await logged(lobby.page, "mine").waitFor();
    expect(await faultsOf(lobby.page)).toEqual([]);
    expect(lobby.complaints).toEqual([]);
    for (const name of width < 400 ? ["Rooms", /^People/] : []) {
      await lobby.page.getByRole("button", { name }).click();
      expect(await lobby.page.locator(".shell > :not([inert], .shade, .toasts)").count()).toBe(1);
      expect(await faultsOf(lobby.page)).toEqual([]);
      await lobby.page.keyboard.press("Escape");
      const focused = lobby.page.locator("button:focus");
      expect(await focused.textContent()).toMatch(name);
      expect(await lobby.page.locator("[inert]").count()).toBe(0);
    }
    proxy.set({ isRefusing: true });
    proxy.reset();
    await lobby.page.getByRole("button", { name: "Try now" }).waitFor();
    await write(lobby.page, "waits");
    await lobby.page.getByText("Waiting for the connection", { exact: true }).waitFor();
    expect(await faultsOf(lobby.page)).toEqual([]);
    await lobby.page.getByRole("button", { name: "Try now" }).focus();
    proxy.set({});
    // Once the next try has come.
    await expect.poll(() => lobby.page.locator(":focus").textContent()).toBe("lobby");
  });
});
