/** What plain clients are told of those who come and go. */
import type { PlainClient, V1Client } from "@tidewire/testkit";
import { describe, expect, test } from "vitest";
import { memberAt, rosterAt, startPresence } from "./presence-helpers.ts";
import { plainOf } from "./signed-in.ts";
import type { TestGateway } from "./test-gateway.ts";
import { mint } from "./tokens.ts";

function noticesTo(gateway: TestGateway, user: string): Promise<PlainClient> {
  return plainOf(gateway, user, "room:1&notices=1");
}

/** The next texts, read as JSON. */
async function told(client: PlainClient, count: number): Promise<unknown[]> {
  return (await client.inbox.take(count)).map((text) => JSON.parse(String(text)) as unknown);
}

const joined = (user: string) => ({ type: "user-joined", user });
const left = (user: string) => ({ type: "user-left", user });

async function metricsOf({ url }: TestGateway): Promise<string> {
  return (await fetch(`${url}metrics`)).text();
}

async function leave(client: V1Client): Promise<void> {
  await client.request("unsubscribe", { channel: "room:1" });
}

describe("a plain client that asks for notices", () => {
  test("is told of everybody who comes and goes, and not of who was there", async () => {
    await using gateway = await startPresence();
    await using before = await rosterAt(gateway, "6");
    await before.untilThere("6");
    await using plain = await noticesTo(gateway, "7");
    const claims = { info: { name: "Zoë" } };
    const other = await gateway.connect(`?channel=room:1&token=${await mint({ sub: "8", claims })}`);
    expect(await told(plain, 1)).toEqual([{ ...joined("8"), info: { name: "Zoë" } }]);
    await other[Symbol.asyncDispose]();
    expect(await told(plain, 1)).toEqual([left("8")]);
    await leave(before.client);
    expect(await told(plain, 1)).toEqual([left("6")]);
  });

  test("is told from its open on", async () => {
    await using gateway = await startPresence();
    for (let round = 0; round < 20; round += 1) {
      const channel = `room:${round}&notices=1`;
      await using plain = await plainOf(gateway, "7", channel);
      await using other = await plainOf(gateway, "8", channel);
      expect(await told(plain, 1)).toEqual([joined("8")]);
      expect(other.socket.readyState).toBe(other.socket.OPEN);
    }
  });

  test("leaves nothing behind when it is gone", async () => {
    await using gateway = await startPresence();
    const rooms = async () => /^tidewire_presence_rooms \d+$/m.exec(await metricsOf(gateway))?.[0];
    const plain = await noticesTo(gateway, "7");
    expect(await rooms()).toBe("tidewire_presence_rooms 1");
    await plain[Symbol.asyncDispose]();
    await expect.poll(rooms).toBe("tidewire_presence_rooms 0");
  });

  test("is told nothing of itself, nor of the other tabs of its user, nor of another info", async () => {
    await using gateway = await startPresence();
    await using plain = await noticesTo(gateway, "7");
    const tab = await memberAt(gateway, "7", { info: { name: "Zoë" } });
    await using other = await memberAt(gateway, "8");
    expect(await told(plain, 1)).toEqual([joined("8")]);
    await other.request("update", { channel: "room:1", info: { typing: true } });
    await leave(tab);
    await leave(other);
    expect(await told(plain, 1)).toEqual([left("8")]);
  });

  test("hears of connections where nobody signs in", async () => {
    await using gateway = await startPresence({}, { identity: undefined });
    await using plain = await gateway.connect("?channel=room:1&notices=1");
    const other = await gateway.connect("?channel=room:1&notices=1");
    const [first] = await told(plain, 1);
    const { connection } = first as { readonly connection: string };
    expect(first).toEqual({ type: "user-joined", connection });
    await other[Symbol.asyncDispose]();
    expect(await told(plain, 1)).toEqual([{ type: "user-left", connection }]);
  });

  test("gets messages as ever, and who does not ask gets nothing else", async () => {
    await using gateway = await startPresence();
    await using plain = await noticesTo(gateway, "7");
    await using silent = await plainOf(gateway, "8", "room:1&notices=0");
    expect(await told(plain, 1)).toEqual([joined("8")]);
    await using other = await memberAt(gateway, "9");
    expect(await told(plain, 1)).toEqual([joined("9")]);
    await other.request("publish", { channel: "room:1", data: "hello" });
    expect(await Promise.all([plain.next(), silent.next()])).toEqual(["hello", "hello"]);
  });

  test("is told nothing in a big room, and the difference when it is small again", async () => {
    await using gateway = await startPresence({ maxShownMembers: 3 });
    await using plain = await noticesTo(gateway, "7");
    await using stack = new AsyncDisposableStack();
    const watcher = stack.use(await memberAt(gateway, "8", { presence: true }));
    const staying = stack.use(await memberAt(gateway, "9"));
    expect(await told(plain, 2)).toEqual([joined("8"), joined("9")]);
    const passing: V1Client[] = [];
    for (const user of ["1", "2", "3"]) passing.push(stack.use(await memberAt(gateway, user)));
    await watcher.pushes.find(({ members, total }) => !members && total === 6);
    await leave(staying);
    for (const client of passing.slice(1)) await leave(client);
    const difference = await told(plain, 2);
    expect(difference).toContainEqual(left("9"));
    expect(difference).toContainEqual(joined("1"));
  });

  test("and was too slow gets the difference when it reads", async () => {
    await using gateway = await startPresence({ maxBufferedBytesPerConnection: 100_000_000 });
    await using gone = await memberAt(gateway, "6");
    await using slow = await noticesTo(gateway, "7");
    slow.socket.pause();
    await using writer = await memberAt(gateway, "8");
    const data = "x".repeat(60_000);
    const buffered = async () => /^tidewire_buffered_bytes (\d+)$/m.exec(await metricsOf(gateway))?.[1];
    do await writer.request("publish", { channel: "room:1", data });
    // More than the kernels between them may still take.
    while (Number(await buffered()) < 4_000_000);
    await using quick = await rosterAt(gateway, "9");
    await quick.untilThere("6", "7", "8", "9");
    await using passing = await memberAt(gateway, "5");
    await quick.untilThere("5", "6", "7", "8", "9");
    await leave(passing);
    await leave(gone);
    await quick.untilThere("7", "8", "9");
    slow.socket.resume();
    const next = async () =>
      JSON.parse(String(await slow.inbox.find(({ length }) => length < data.length))) as unknown;
    expect([await next(), await next(), await next()]).toEqual([joined("8"), joined("9"), left("6")]);
    await using late = await memberAt(gateway, "4");
    expect(await next()).toEqual(joined("4"));
    expect(late.socket.readyState).toBe(late.socket.OPEN);
  });
});

describe("the parameter notices", () => {
  test.each([
    ["on a channel without presence", "channel=news&notices=1"],
    ["with another value", "channel=room:1&notices=yes"],
    ["without a value", "channel=room:1&notices="],
    ["given twice", "channel=room:1&notices=1&notices=1"],
  ])("%s is refused", async (_name, query) => {
    await using gateway = await startPresence({}, { identity: undefined });
    expect(await gateway.refused(`?${query}`)).toMatchObject({
      status: 400,
      body: { error: { code: "bad_request" } },
    });
  });

  test("is refused where members are asked for in messages", async () => {
    await using gateway = await startPresence({}, { identity: undefined });
    expect(await gateway.refused("?notices=1", ["tidewire.v1"])).toMatchObject({ status: 400 });
  });

  test("that asks for none may be given on any channel", async () => {
    await using gateway = await startPresence({}, { identity: undefined });
    await using plain = await gateway.connect("?channel=news&notices=0");
    plain.send("hello");
    expect(await plain.next()).toBe("hello");
  });
});
