/** What is kept, a page at a time over HTTP. */
import { describe, expect, test } from "vitest";
import { KEPT } from "./event-reader.ts";
import { IDENTITY } from "./signed-in.ts";
import { postJson, startTestGateway, type TestGateway } from "./test-gateway.ts";
import { mint } from "./tokens.ts";

interface Page {
  readonly channel: string;
  readonly messages: readonly { readonly position: string; readonly data?: unknown }[];
  readonly complete: boolean;
  readonly more: boolean;
  readonly position: string;
}

async function read(gateway: TestGateway, query: string, headers: Readonly<Record<string, string>> = {}) {
  const response = await fetch(`${gateway.url}api/v1/history${query}`, { headers });
  return { status: response.status, body: (await response.json()) as Page };
}

async function startWith(count: number): Promise<TestGateway> {
  const gateway = await startTestGateway({ config: { channels: KEPT } });
  const messages = Array.from({ length: count }, (_, index) => ({ channel: "kept:1", data: { n: index } }));
  await postJson(`${gateway.url}api/v1/publish`, { messages });
  return gateway;
}

function dataOf({ messages }: Page): unknown[] {
  return messages.map(({ data }) => data);
}

function bearer(text: string) {
  return { authorization: `Bearer ${text}` };
}

describe("GET /api/v1/history", () => {
  test("gives the newest, and from there backward and forward in pages", async () => {
    await using gateway = await startWith(10);
    const { status, body: newest } = await read(gateway, "?channel=kept:1&limit=4");
    expect(status).toBe(200);
    expect(newest).toEqual({
      channel: "kept:1",
      messages: [6, 7, 8, 9].map((n) => ({
        position: expect.any(String),
        time: expect.any(Number),
        data: { n },
      })),
      complete: true,
      more: true,
      position: newest.messages.at(-1)?.position,
    });
    const { body: older } = await read(
      gateway,
      `?channel=kept:1&before=${newest.messages[0]?.position}&limit=4`,
    );
    expect(dataOf(older)).toEqual([2, 3, 4, 5].map((n) => ({ n })));
    const { body: newer } = await read(gateway, `?channel=kept:1&since=${older.messages.at(-1)?.position}`);
    expect(newer).toMatchObject({ complete: true, more: false });
    expect(dataOf(newer)).toEqual([6, 7, 8, 9].map((n) => ({ n })));
  });

  test("says when what was between is gone, and answers an empty channel", async () => {
    await using gateway = await startWith(0);
    const post = (data: string) => gateway.post({ channel: "short:1", message: data });
    await post("1");
    const { body: first } = await read(gateway, "?channel=short:1");
    await post("2");
    await post("3");
    const { body } = await read(gateway, `?channel=short:1&since=${first.position}`);
    expect(body).toMatchObject({ complete: false, messages: [{ data: "3" }] });
    expect(await read(gateway, "?channel=kept:none")).toMatchObject({
      status: 200,
      body: { messages: [], complete: true, more: false, position: expect.any(String) },
    });
  });

  test.each([
    ["", 400, "bad_request"],
    ["?channel=kept:1&channel=kept:2", 400, "bad_request"],
    ["?channel=kept:1&limit=0", 400, "bad_request"],
    ["?channel=kept:1&limit=1001", 400, "bad_request"],
    ["?channel=kept:1&limit=x", 400, "bad_request"],
    ["?channel=kept:1&since=a&before=b", 400, "bad_request"],
    ["?channel=kept:1&since=nonsense", 400, "bad_request"],
    ["?channel=kept:1&last=3", 400, "bad_request"],
    ["?channel=__kept", 400, "invalid_channel"],
    ["?channel=room:1", 501, "unsupported"],
  ])("%s is refused with %i", async (query, status, code) => {
    await using gateway = await startWith(0);
    expect(await read(gateway, query)).toMatchObject({ status, body: { error: { code } } });
  });

  test("is for keys of the right scope, and for users who may subscribe", async () => {
    const keys = (["read", "publish"] as const).map((scope) => ({
      name: scope,
      key: scope,
      scopes: [scope],
    }));
    const config = { channels: KEPT, identity: IDENTITY, apiKeys: keys };
    await using gateway = await startTestGateway({ config });
    const statusOf = async (channel: string, headers = {}) =>
      (await read(gateway, `?channel=${channel}`, headers)).status;
    expect(await statusOf("kept:1", bearer("read"))).toBe(200);
    expect(await statusOf("kept:1", bearer("publish"))).toBe(403);
    expect(await statusOf("kept:1", bearer("wrong"))).toBe(401);
    expect(await statusOf("kept:1")).toBe(401);
    expect(await statusOf("kept:1", bearer(await mint()))).toBe(200);
    // A channel of a user's own, of which nothing is kept, and one of another user.
    expect(await statusOf("user:7", bearer(await mint({ sub: "7" })))).toBe(501);
    expect(await statusOf("user:7", bearer(await mint({ sub: "8" })))).toBe(403);
    expect((await read(gateway, `?channel=kept:1&token=${await mint()}`)).status).toBe(200);
    expect((await read(gateway, `?channel=user:7&token=${await mint({ sub: "8" })}`)).status).toBe(403);
  });
});
