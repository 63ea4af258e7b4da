import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { mkdtempDisposable, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { once } from "node:events";
import { holdPort } from "@tidewire/testkit";
import { decodeJwt, SignJWT, UnsecuredJWT } from "jose";
import { describe, expect, test } from "vitest";
import { createVerifier, type IdentityOptions } from "../src/identity.ts";
import { keyFromSecret, keysFromFile, keysFromUrl } from "../src/token-keys.ts";
import { makeKey, mint, SECRET } from "./tokens.ts";

const OPTIONS: IdentityOptions = {
  keys: keyFromSecret(SECRET),
  algorithms: ["HS256"],
  audience: [],
  issuer: [],
  clockToleranceMs: 2_000,
  maxTokenLifetimeMs: 86_400_000,
  now: Date.now,
};

function check(token: string, options: Partial<IdentityOptions> = {}) {
  return createVerifier({ ...OPTIONS, ...options })(token);
}

/** In milliseconds since 1970, as it says itself. */
function endOf(token: string): number {
  return (decodeJwt(token).exp ?? 0) * 1_000;
}

describe("a token", () => {
  test("says who its bearer is, until when, and what was granted", async () => {
    const claims = { jti: "t-1", subscribe: ["news", "team:*"], publish: ["team:1"] };
    const token = await mint({ sub: "grüße/7", claims, expiresIn: 60 });
    const result = await check(token);
    expect(result).toMatchObject({
      ok: true,
      identity: {
        user: "grüße/7",
        tokenId: "t-1",
        expiresAtMs: endOf(token) + OPTIONS.clockToleranceMs,
        grants: { subscribe: ["news", "team:*"], publish: ["team:1"] },
      },
    });
  });

  test.each([
    [
      "signed with another secret",
      () => mint({ secret: "another secret that is long enough too" }),
      "signed",
    ],
    ["signed with another algorithm", () => mint({ algorithm: "HS512" }), "signed"],
    ["not signed", async () => new UnsecuredJWT({ sub: "7", exp: 9_999_999_999 }).encode(), "signed"],
    ["expired", () => mint({ expiresIn: -3 }), "expired"],
    ["without an end", async () => unending(), "expiry"],
    ["that lives too long", () => mint({ expiresIn: 90_000 }), "longer"],
    ["not valid yet", () => mint({ claims: { nbf: 9_999_999_999 } }), "yet"],
    ["with an empty subject", () => mint({ sub: "" }), "subject"],
    ["with a subject that is too long for a channel", () => mint({ sub: "中".repeat(60) }), "subject"],
    ["that does not say when it was issued", async () => undated(), "issued"],
    [
      "that was issued in the future",
      () => mint({ claims: { iat: 4_000_000_000 }, expiresIn: 60 }),
      "future",
    ],
    ["whose subject is half a character", () => mint({ sub: "\ud800" }), "subject"],
    ["that grants no list", () => mint({ claims: { subscribe: "news" } }), "patterns"],
    ["that grants what is no pattern", () => mint({ claims: { publish: ["a*b"] } }), "patterns"],
    [
      "that grants too much",
      () => mint({ claims: { publish: Array(101).fill("a") as string[] } }),
      "patterns",
    ],
    ["whose id is no text", () => mint({ claims: { jti: 7 } }), "id"],
    ["that is none", async () => "not.a.token", "signed"],
    ["that is nothing", async () => "", "signed"],
    ["that is huge", async () => "a".repeat(100_000), "signed"],
  ])("%s is not accepted", async (_name, make, word) => {
    const result = await check(await make());
    expect(result).toEqual({ ok: false, code: "unauthorized", message: expect.stringContaining(word) });
  });

  test("must be for one of the audiences and from one of the issuers, where some are named", async () => {
    const named = { audience: ["gateway", "chat"], issuer: ["https://id.example"] };
    const fits = await mint({ claims: { aud: "chat", iss: "https://id.example" } });
    expect(await check(fits, named)).toMatchObject({ ok: true });
    const others = [
      { aud: "shop", iss: "https://id.example" },
      { aud: "chat" },
      { iss: "https://id.example" },
    ];
    for (const claims of others)
      expect(await check(await mint({ claims }), named)).toMatchObject({ ok: false });
  });

  test("that has just expired is accepted within the tolerance of clocks", async () => {
    const token = await mint();
    const after = (byMs: number) => check(token, { now: () => endOf(token) + byMs });
    expect(await after(1_000)).toMatchObject({ ok: true });
    expect(await after(3_000)).toMatchObject({ ok: false, message: expect.stringContaining("expired") });
  });
});

describe("public keys", () => {
  test("from a file check tokens, a new one as soon as it is there, and a public key is no secret", async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), "tidewire-keys-"));
    const file = join(folder.path, "jwks.json");
    const [first, second] = [await makeKey("first"), await makeKey("second")];
    await writeFile(file, JSON.stringify({ keys: [first.jwk] }));
    let nowMs = 0;
    const keys = keysFromFile(file, () => nowMs);
    const verify = (token: string) => check(token, { keys, algorithms: ["ES256"] });
    expect(await verify(await first.sign())).toMatchObject({ ok: true });
    expect(await verify(await second.sign())).toMatchObject({ ok: false, code: "unauthorized" });
    await writeFile(file, JSON.stringify({ keys: [first.jwk, second.jwk] }));
    nowMs += 1_000;
    expect(await verify(await second.sign())).toMatchObject({ ok: true });
    // Key confusion: an HMAC with what everybody may know.
    const confused = await mint({ secret: JSON.stringify(first.jwk) });
    expect(await verify(confused)).toMatchObject({ ok: false, code: "unauthorized" });
  });

  test("that can't be had make the gateway say so, and accept nobody", async () => {
    const { sign } = await makeKey("first");
    const token = await sign();
    const missing = keysFromFile("/nowhere/jwks.json", Date.now);
    expect(await check(token, { keys: missing, algorithms: ["ES256"] })).toMatchObject({
      code: "unavailable",
    });
    await using nobody = await holdPort();
    const closed = keysFromUrl(new URL(`http://127.0.0.1:${nobody.port}/jwks.json`));
    expect(await check(token, { keys: closed, algorithms: ["ES256"] })).toMatchObject({
      code: "unavailable",
    });
  });

  test("of a server that answers with an error make the gateway say that they can't be had", async () => {
    const server = createServer((_request, response) => response.writeHead(503).end());
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const keys = keysFromUrl(new URL(`http://127.0.0.1:${port}/jwks.json`));
    const { sign } = await makeKey("first");
    expect(await check(await sign(), { keys, algorithms: ["ES256"] })).toMatchObject({ code: "unavailable" });
    server.close();
  });

  test("come from a URL, which is asked once for many tokens", async () => {
    const { jwk, sign } = await makeKey("first");
    let asked = 0;
    const server = createServer((_request, response) => {
      asked += 1;
      response.setHeader("content-type", "application/json").end(JSON.stringify({ keys: [jwk] }));
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const verify = createVerifier({
      ...OPTIONS,
      keys: keysFromUrl(new URL(`http://127.0.0.1:${port}/jwks.json`)),
      algorithms: ["ES256"],
    });
    const tokens = await Promise.all(Array.from({ length: 10 }, () => sign()));
    const results = await Promise.all(tokens.map((token) => verify(token)));
    expect(results.every(({ ok }) => ok)).toBe(true);
    expect(asked).toBe(1);
    server.close();
  });
});

function undated(): Promise<string> {
  const key = new TextEncoder().encode(SECRET);
  const token = new SignJWT({}).setProtectedHeader({ alg: "HS256" }).setSubject("7");
  return token.setExpirationTime("1h").sign(key);
}

function unending(): Promise<string> {
  const key = new TextEncoder().encode(SECRET);
  return new SignJWT({}).setProtectedHeader({ alg: "HS256" }).setSubject("7").setIssuedAt().sign(key);
}
