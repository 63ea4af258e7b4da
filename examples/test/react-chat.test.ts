import { launchChromium, startRedis } from "@tidewire/testkit";
import { expect, test } from "vitest";
import { Walkthrough } from "./walkthrough.ts";

/** What a shell makes of the words of a command that come after the port. */
function wordsOf(command: string): string[] {
  return [...command.replace(/^.*--port \d+ /, "").matchAll(/"([^"]*)"|(\S+)/g)].map(
    ([, quoted, bare]) => quoted ?? bare ?? "",
  );
}

test("two people chat over two gateways, and see each other come and go", async () => {
  await using walk = new Walkthrough("examples/react-chat/README.md");
  // A server that can't choose a port by itself.
  await using redis = await startRedis({ args: wordsOf(walk.take("redis-server --port 6380")) });
  walk.bind("6380", redis.port);
  await walk.startGateway("REDIS_HOST=");
  await walk.startGateway("REDIS_HOST=");
  const [, site] = /(http:\S+:\d+)\//.exec(await walk.start("pnpm").line(/http:/)) ?? [];
  await using browser = await launchChromium();
  // On a new Redis nobody is told as gone for the length of a lease.
  const presence = `http://127.0.0.1:${walk.portOf("1234")}/api/v1/presence?channel=chat:lobby`;
  const isCertain = async () => ((await (await fetch(presence)).json()) as { complete: boolean }).complete;
  await expect.poll(isCertain).toBe(true);
  const faults: string[] = [];
  const open = async (query: string) => {
    const page = await browser.newPage();
    page.on("pageerror", ({ message }) => faults.push(message));
    await page.goto(`${site}/${query}`);
    return page;
  };

  const ada = await open(`?name=Ada&gateway=${walk.portOf("1234")}`);
  await ada.getByText("Here: Ada", { exact: true }).waitFor();
  const bob = await open(`?name=Bob&gateway=${walk.portOf("1235")}`);
  await ada.getByLabel("Notices").getByText("user-joined: Bob", { exact: true }).waitFor();
  for (const page of [ada, bob]) await page.getByText(/^Here: (Ada, Bob|Bob, Ada)$/).waitFor();
  const said: string[] = [];
  for (const [page, line] of [
    [ada, "Ada: hello"],
    [bob, "Bob: hello to you"],
  ] as const) {
    await page.getByRole("textbox").fill(line.slice(5));
    await page.getByRole("textbox").press("Enter");
    said.push(line);
    for (const each of [ada, bob]) {
      await each.getByLabel("Messages").getByText(said.join("\n"), { exact: true }).waitFor();
    }
  }
  await bob.reload();
  await bob.getByLabel("Messages").getByText(said.join("\n")).waitFor();
  await bob.close();
  // A reload is another connection, where nobody signs in.
  const notices = async () => (await ada.getByLabel("Notices").innerText()).split("\n").toSorted();
  const [joined, left] = ["user-joined: Bob", "user-left: Bob"];
  await expect.poll(notices).toEqual([joined, joined, left, left]);
  await ada.getByText("Here: Ada", { exact: true }).waitFor();
  expect(faults).toEqual([]);
  expect(walk.rest).toEqual([]);
});
