/** Clients that sign in: how, what they may do then, and when it ends. */
import { CLOSE_CODES } from "@tidewire/protocol";
import { connectPlain, connectV1, Inbox } from "@tidewire/testkit";
import { describe, expect, test } from "vitest";
import { ChannelRuleInput } from "../src/channel-rules.ts";
import { stopClock } from "./clock.ts";
import { plainOf, post, start, v1Of } from "./signed-in.ts";
import { mint } from "./tokens.ts";

function headers(values: Readonly<Record<string, string>>) {
  return { headers: values };
}

describe("a token", () => {
  test("may come in a header, a subprotocol, the query, a cookie of the own page, or the first message", async () => {
    await using gateway = await start({ allowedOrigins: ["https://chat.example"] });
    const token = await mint();
    const own = gateway.url.slice(0, -1);
    const cookie = `theme=dark; tidewire_token=${token}`;
    const { webSocketUrl: url } = gateway;
    const ways = [
      connectPlain(url, [], headers({ authorization: `Bearer ${token}` })),
      connectPlain(url, ["tidewire.plain", `tidewire.token.${token}`]),
      connectPlain(`${url}?token=${token}`),
      connectPlain(url, [], headers({ cookie, origin: own })),
      connectPlain(url, [], headers({ cookie, origin: "https://chat.example" })),
    ];
    for (const client of await Promise.all(ways)) await client[Symbol.asyncDispose]();
    await using late = await connectV1(url);
    expect(await late.request("connect", { token })).toMatchObject({ type: "connected", user: "7" });
    await using early = await connectV1(`${url}?token=${token}`);
    expect(await early.request("connect")).toMatchObject({ type: "connected", user: "7" });
  });

  const foreign = [
    "null",
    "https://HOST",
    "http://HOST.evil.example",
    "http://evil.example",
    "http://127.0.0.1:1",
  ];

  test.each([
    { name: "absent", place: "nowhere" },
    { name: "wrong", place: "query", token: { secret: "another secret, long enough" } },
    { name: "expired", place: "query", token: { expiresIn: -1 } },
    { name: "in a cookie without an Origin", place: "cookie" },
    ...foreign.map((origin) => ({ name: `in a cookie of a page from ${origin}`, place: "cookie", origin })),
  ] as const)("that is $name is refused with 401", async ({ place, ...rest }) => {
    await using gateway = await start();
    const token = await mint("token" in rest ? rest.token : {});
    const origin = "origin" in rest ? rest.origin.replace("HOST", new URL(gateway.url).host) : undefined;
    const cookie = { cookie: `tidewire_token=${token}`, ...(origin && { origin }) };
    const query = place === "query" ? `?token=${token}` : "";
    const { status, body } = await gateway.refused(query, [], headers(place === "cookie" ? cookie : {}));
    expect({ status, body }).toMatchObject({ status: 401, body: { error: { code: "unauthorized" } } });
  });

  test("that a v1 client does not bring, or brings wrong, ends its connection", async () => {
    await using gateway = await start();
    for (const token of [undefined, "nonsense", await mint({ expiresIn: -1 })]) {
      await using client = await connectV1(gateway.webSocketUrl);
      client.send({ type: "connect", id: 1, token }, { type: "subscribe", id: 2, channel: "room:1" });
      expect((await client.closed).code).toBe(CLOSE_CODES.unauthorized.code);
      expect(client.frames).toEqual(new Inbox());
    }
    await using other = await connectV1(`${gateway.webSocketUrl}?token=${await mint({ sub: "7" })}`);
    other.send({ type: "connect", id: 1, token: await mint({ sub: "8" }) });
    expect((await other.closed).code).toBe(CLOSE_CODES.unauthorized.code);
  });
});

describe("a user", () => {
  test("may use rooms and the default channel, reads its own channel alone, and speaks on none of a user", async () => {
    await using gateway = await start();
    await using seven = await v1Of(gateway, "7");
    const codeOf = async (type: string, channel: string) =>
      (await seven.request(type, { channel, data: 1 }))["code"] ?? "fine";
    expect(await codeOf("subscribe", "room:1")).toBe("fine");
    expect(await codeOf("subscribe", "channel")).toBe("fine");
    expect(await codeOf("subscribe", "news")).toBe("forbidden");
    expect(await codeOf("subscribe", "user:8")).toBe("forbidden");
    expect(await codeOf("subscribe", "user:7")).toBe("already_subscribed");
    expect(await codeOf("publish", "room:1")).toBe("fine");
    for (const channel of ["news", "user:7", "user:8"])
      expect(await codeOf("publish", channel)).toBe("forbidden");
    expect(await gateway.refused(`?channel=user:8&token=${await mint()}`)).toMatchObject({ status: 403 });
    expect(await gateway.refused(`?channel=news&token=${await mint()}`)).toMatchObject({ status: 403 });
    await using own = await plainOf(gateway, "7", "user:7");
    own.send("x");
    expect((await own.closed).code).toBe(CLOSE_CODES.publishForbidden.code);
  });

  test("may do more where its token grants it, or the operator's rules say so, but not on others' channels", async () => {
    const open = { subscribe: "anyone", publish: "anyone", echo: true, presence: false } as const;
    await using gateway = await start({ channels: { "*": open } });
    const claims = { subscribe: ["user:9"], publish: ["user:9"] };
    await using granted = await connectV1(`${gateway.webSocketUrl}?token=${await mint({ claims })}`);
    await granted.request("connect");
    await using other = await v1Of(gateway, "8");
    expect(await other.request("subscribe", { channel: "news" })).toMatchObject({ type: "subscribed" });
    expect(await other.request("subscribe", { channel: "user:7" })).toMatchObject({ code: "forbidden" });
    expect(await other.request("publish", { channel: "user:7", data: 1 })).toMatchObject({
      code: "forbidden",
    });
    expect(await granted.request("subscribe", { channel: "user:9" })).toMatchObject({ type: "subscribed" });
    expect(await granted.request("publish", { channel: "user:9", data: 1 })).toMatchObject({
      type: "published",
    });
  });

  test("may use a channel for named users only where the channel's name holds its id, encoded as it must be", async () => {
    const channels = { "dm:*": ChannelRuleInput.parse({ subscribe: "named", publish: "named" }) };
    await using gateway = await start({ channels });
    await using client = await v1Of(gateway, "a,b*");
    const codesOf = async (channel: string) => [
      (await client.request("subscribe", { channel }))["code"] ?? "fine",
      (await client.request("publish", { channel, data: 1 }))["code"] ?? "fine",
    ];
    for (const channel of ["dm:7,a%2Cb%2A", "dm:a%2Cb%2A,7", "dm:a%2Cb%2A"])
      expect({ channel, codes: await codesOf(channel) }).toEqual({ channel, codes: ["fine", "fine"] });
    const forbidden = ["forbidden", "forbidden"];
    for (const channel of ["dm:7", "dm:7,8", "dm:a,b", "dm:a", "dm:b%2A", "dm:xa%2Cb%2A", "dm:%61%2Cb%2A"])
      expect({ channel, codes: await codesOf(channel) }).toEqual({ channel, codes: forbidden });
    expect(await gateway.refused(`?channel=dm:7,8&token=${await mint({ sub: "9" })}`)).toMatchObject({
      status: 403,
    });
  });

  test("is named as the sender of what it publishes, plain or v1, and can't name another", async () => {
    await using gateway = await start();
    await using reader = await v1Of(gateway, "9");
    await reader.request("subscribe", { channel: "room:1" });
    await using plain = await plainOf(gateway, "7");
    plain.send('\u0001tw1{"sender":"root"}\u0002forged');
    expect(await reader.pushes.next()).toMatchObject({
      sender: "7",
      data: '\u0001tw1{"sender":"root"}\u0002forged',
    });
    await using speaker = await v1Of(gateway, "8");
    await speaker.request("publish", { channel: "room:1", data: "hi", sender: "root" });
    expect(await reader.pushes.next()).toMatchObject({ sender: "8", data: "hi" });
    await post(gateway, "api/v1/publish", { channel: "room:1", data: "from a server" });
    expect(await reader.pushes.next()).not.toHaveProperty("sender");
  });

  test.each(["7", "grüße@example.org", "a/b:c*d", "{x}", "..", "%2A", "\u{1F30A}"])(
    "%j gets what is sent to it on every connection, and nobody else does",
    async (sub) => {
      await using gateway = await start();
      await using plain = await plainOf(gateway, sub);
      await using v1 = await v1Of(gateway, sub);
      await using other = await v1Of(gateway, "another");
      expect(await post(gateway, "message", { userId: sub, message: "for one" })).toMatchObject({
        status: 200,
      });
      expect(await plain.next()).toBe("for one");
      expect(await v1.pushes.next()).toMatchObject({ data: "for one" });
      await post(gateway, "message", { userId: "another", message: "sentinel" });
      expect(await other.pushes.next()).toMatchObject({ data: "sentinel" });
    },
  );
});

describe("when a token runs out", () => {
  test("a v1 client is told before, goes on with a new one, and is closed without", async () => {
    const setForward = stopClock();
    await using gateway = await start();
    const connect = async () => {
      const client = await connectV1(gateway.webSocketUrl);
      await client.request("connect", { token: await mint({ expiresIn: 2 }) });
      await client.request("subscribe", { channel: "room:1" });
      return client;
    };
    await using refreshing = await connect();
    await using idle = await connect();
    await using plain = await gateway.connect(`?channel=room:1&token=${await mint({ expiresIn: 2 })}`);
    for (const client of [refreshing, idle]) {
      expect(await client.pushes.next()).toEqual({ type: "expiring", expiresInMs: expect.any(Number) });
    }
    const refused = [await mint({ sub: "8" }), await mint({ expiresIn: -1 })];
    for (const token of refused) {
      expect(await refreshing.request("refresh", { token })).toMatchObject({ code: "unauthorized" });
    }
    const token = await mint({ expiresIn: 3_600 });
    expect(await refreshing.request("refresh", { token })).toMatchObject({ type: "refreshed" });
    setForward(2_000);
    for (const client of [idle, plain])
      expect((await client.closed).code).toBe(CLOSE_CODES.tokenExpired.code);
    await refreshing.request("publish", { channel: "room:1", data: "still here" });
    expect(await refreshing.pushes.next()).toMatchObject({ data: "still here" });
  });
});

describe("a client that wants in by another way", () => {
  test("has nothing published that it sends behind a token that is not accepted, also when it leaves at once", async () => {
    const open = { subscribe: "anyone", publish: "anyone", echo: true, presence: false } as const;
    await using gateway = await start({ channels: { "room:*": open } });
    await using reader = await v1Of(gateway, "7");
    await reader.request("subscribe", { channel: "room:1" });
    for (let times = 0; times < 30; times += 1) {
      const client = await connectV1(gateway.webSocketUrl);
      const publish = { type: "publish", id: 2, channel: "room:1", data: "forged" };
      client.send(
        { type: "connect", id: 1, token: await mint({ secret: "another secret, long enough" }) },
        publish,
      );
      client.socket.close();
      await client.closed;
    }
    await post(gateway, "api/v1/publish", { channel: "room:1", data: "sentinel" });
    expect(await reader.pushes.next()).toMatchObject({ data: "sentinel" });
  });

  test("whose token runs out between the upgrade and its first message is closed, and says nothing", async () => {
    const setForward = stopClock();
    await using gateway = await start();
    await using reader = await v1Of(gateway, "8");
    await reader.request("subscribe", { channel: "room:1" });
    const token = await mint({ expiresIn: 1 });
    await using client = await connectV1(`${gateway.webSocketUrl}?token=${token}`);
    setForward(1_000);
    expect(await gateway.refused(`?token=${token}`)).toMatchObject({ status: 401 });
    const publish = { type: "publish", id: 2, channel: "room:1", data: "too late" };
    client.send({ type: "connect", id: 1 }, publish);
    expect((await client.closed).code).toBe(CLOSE_CODES.tokenExpired.code);
    await post(gateway, "api/v1/publish", { channel: "room:1", data: "sentinel" });
    expect(await reader.pushes.next()).toMatchObject({ data: "sentinel" });
  });

  test("with a grant of everything has not got the channels of users", async () => {
    await using gateway = await start();
    const token = await mint({ sub: "8", claims: { subscribe: ["*"], publish: ["*"] } });
    await using client = await connectV1(`${gateway.webSocketUrl}?token=${token}`);
    await client.request("connect");
    expect(await client.request("subscribe", { channel: "anything" })).toMatchObject({ type: "subscribed" });
    for (const type of ["subscribe", "publish"]) {
      expect(await client.request(type, { channel: "user:9", data: 1 })).toMatchObject({ code: "forbidden" });
    }
  });
});

test("a new token that grants less ends the subscriptions that only the old one allowed", async () => {
  await using gateway = await start();
  await using client = await connectV1(gateway.webSocketUrl);
  const claims = { subscribe: ["team:*"] };
  await client.request("connect", { token: await mint({ claims }) });
  for (const channel of ["team:1", "room:1"]) await client.request("subscribe", { channel });
  expect(await client.request("refresh", { token: await mint() })).toMatchObject({ type: "refreshed" });
  expect(await client.pushes.next()).toMatchObject({ type: "removed", channel: "team:1", code: "forbidden" });
  await post(gateway, "api/v1/publish", { channels: ["team:1", "user:7", "room:1"], data: "x" });
  const told = await client.pushes.take(2);
  expect(told.map(({ channel }) => channel)).toEqual(["user:7", "room:1"]);
});
