import type { IncomingHttpHeaders } from "node:http";
import { describe, expect, test } from "vitest";
import { type AccessRules, isLoopback, refuseApiCall, refuseUpgrade } from "../src/access.ts";

const OPEN: AccessRules = { allowedOrigins: [], apiKeys: [], isInsecure: false, identity: undefined };
const LISTED: AccessRules = { ...OPEN, allowedOrigins: ["https://app.example"] };
const KEYED: AccessRules = { ...OPEN, apiKeys: [{ name: "test", key: "right-key", scopes: ["publish"] }] };

function caller(headers: IncomingHttpHeaders, address = "127.0.0.1") {
  return { headers: { host: "localhost:1234", ...headers }, address };
}

describe("loopback", () => {
  test.each(["localhost", "a.localhost", "127.0.0.1", "127.255.0.9", "::1", "::ffff:127.0.0.1"])(
    "%s is",
    (host) => {
      expect(isLoopback(host)).toBe(true);
    },
  );

  test.each([
    "",
    "0.0.0.0",
    "::",
    "10.0.0.1",
    "localhost.example",
    "notlocalhost",
    "127.0.0.1.example",
    "::ffff:10.0.0.1",
  ])("%s is not", (host) => expect(isLoopback(host)).toBe(false));
});

describe("an upgrade", () => {
  test.each(["localhost:1234", "127.0.0.1", "[::1]:1234", "LOCALHOST"])(
    "with the Host %s is let in",
    (host) => {
      expect(refuseUpgrade(caller({ host }), OPEN)).toBeUndefined();
    },
  );

  test.each([
    "evil.example",
    "localhost.evil.example:1234",
    "10.0.0.1:1234",
    "",
    " ",
    "a b",
    "127.0.0.1@evil.example",
    "evil.example@localhost",
    "localhost/evil.example",
    "localhost?.evil.example",
  ])("with the Host %j is refused: a name that was pointed at this machine", (host) =>
    expect(refuseUpgrade(caller({ host }), OPEN)).toMatchObject({ code: "forbidden_host" }),
  );

  test("without a Host is refused", () => {
    expect(refuseUpgrade({ headers: {}, address: "127.0.0.1" }, OPEN)).toMatchObject({
      code: "forbidden_host",
    });
  });

  test("with any Host is let in when the operator said so", () => {
    expect(refuseUpgrade(caller({ host: "push.example" }), { ...OPEN, isInsecure: true })).toBeUndefined();
  });

  test("from a page of any origin is let in unless origins are listed", () => {
    expect(refuseUpgrade(caller({ origin: "https://other.example" }), OPEN)).toBeUndefined();
  });

  test("from the gateway's own page is let in whatever the list, as long as its Host is checked", () => {
    const own = caller({ origin: "http://localhost:1234" });
    expect(refuseUpgrade(own, LISTED)).toBeUndefined();
    expect(refuseUpgrade(own, { ...LISTED, isInsecure: true })).toMatchObject({ code: "forbidden_origin" });
  });

  test.each(["https://app.example", undefined])("with the origin %s is let in by the list", (origin) => {
    expect(refuseUpgrade(caller(origin === undefined ? {} : { origin }), LISTED)).toBeUndefined();
  });

  test.each([
    "null",
    "http://app.example",
    "https://app.example:8443",
    "https://app.example.evil.example",
    "https://evil-app.example",
    "https://sub.app.example",
  ])("with the origin %s is refused by the list", (origin) => {
    expect(refuseUpgrade(caller({ origin }), LISTED)).toMatchObject({ code: "forbidden_origin" });
  });
});

describe("a call of the server API without a key", () => {
  test.each([
    {},
    { origin: "http://localhost:1234", "sec-fetch-site": "same-origin" },
    { "sec-fetch-site": "none" },
  ] as const)("from a local program with %o is let in", (headers) => {
    expect(refuseApiCall(caller(headers), OPEN, "publish")).toBeUndefined();
  });

  test.each([
    { host: "evil.example" },
    { forwarded: "for=10.0.0.1" },
    { "x-forwarded-for": "10.0.0.1" },
    { "x-forwarded-proto": "https" },
    { via: "1.1 proxy" },
    { origin: "https://evil.example" },
    { origin: "http://localhost:9999" },
    { origin: "null" },
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-site" },
  ])("with %o is refused", (headers) => {
    expect(refuseApiCall(caller(headers), OPEN, "publish")).toMatchObject({ code: "forbidden" });
  });

  test("from another machine is refused", () => {
    expect(refuseApiCall(caller({}, "10.0.0.7"), OPEN, "publish")).toMatchObject({ code: "forbidden" });
  });
});

describe("a call of the server API with a key", () => {
  test.each(["Bearer right-key", "bearer right-key"])("and %j is let in from anywhere", (authorization) => {
    const headers = { host: "push.example", "x-forwarded-for": "10.0.0.1", authorization };
    expect(refuseApiCall(caller(headers, "10.0.0.7"), KEYED, "publish")).toBeUndefined();
  });

  test.each([
    undefined,
    "",
    "Bearer",
    "Bearer wrong",
    "Bearer right-key extra",
    "right-key",
    "Basic right-key",
  ])("and %j is refused even from a local program", (authorization) => {
    const headers = authorization === undefined ? {} : { authorization };
    expect(refuseApiCall(caller(headers), KEYED, "publish")).toMatchObject({ code: "unauthorized" });
  });
});
