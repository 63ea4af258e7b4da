import type { IncomingMessage } from "node:http";
import { describe, expect, test } from "vitest";
import { AddressLimit } from "../src/address-limit.ts";
import { clientAddress, rangeFault, TrustedProxies } from "../src/client-address.ts";

function request(remoteAddress: string, forwarded?: string | string[]): IncomingMessage {
  const headers = forwarded === undefined ? {} : { "x-forwarded-for": forwarded };
  return { headers, socket: { remoteAddress } } as unknown as IncomingMessage;
}

describe("the address of a client", () => {
  const trusted = new TrustedProxies(["127.0.0.1", "10.0.0.0/8", "2001:db8::/32"]);

  test.each([
    ["203.0.113.7", undefined, "203.0.113.7"],
    ["203.0.113.7", "198.51.100.1", "203.0.113.7"],
    ["127.0.0.1", undefined, "127.0.0.1"],
    ["127.0.0.1", "203.0.113.7", "203.0.113.7"],
    ["::ffff:127.0.0.1", "203.0.113.7", "203.0.113.7"],
    ["127.0.0.1", "198.51.100.1, 203.0.113.7, 10.1.2.3", "203.0.113.7"],
    ["127.0.0.1", "6.6.6.6, 203.0.113.7", "203.0.113.7"],
    ["127.0.0.1", "10.0.0.9, 10.0.0.8", "10.0.0.9"],
    ["127.0.0.1", "203.0.113.7:4711", "203.0.113.7"],
    ["127.0.0.1", "[2001:4860::1]:443", "2001:4860::1"],
    ["127.0.0.1", "[2001:4860::1]", "2001:4860::1"],
    ["127.0.0.1", "2001:4860::1", "2001:4860::1"],
    ["127.0.0.1", "not an address", "127.0.0.1"],
    ["127.0.0.1", "203.0.113.7, unknown", "127.0.0.1"],
    ["2001:db8::1", "2001:4860::1", "2001:4860::1"],
  ])("of peer %s with X-Forwarded-For %j is %s", (peer, forwarded, address) => {
    expect(clientAddress(request(peer, forwarded), trusted)).toBe(address);
  });

  test("is the peer's when no proxy is trusted", () => {
    expect(clientAddress(request("127.0.0.1", "203.0.113.7"), new TrustedProxies([]))).toBe("127.0.0.1");
  });

  test.each(["10.0.0.0/8", "10.0.0.1", "::1", "2001:db8::/32", "0.0.0.0/0"])("%s can be trusted", (range) => {
    expect(rangeFault(range)).toBeUndefined();
  });

  test.each(["", "proxy.example", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/8/8", "::/129"])(
    "%j can't",
    (range) => {
      expect(rangeFault(range)).toContain("no address");
    },
  );
});

describe("the limit on connections from one address", () => {
  test("gives so many places, and each again once it is left", () => {
    const limit = new AddressLimit(2);
    const address = "203.0.113.7";
    expect([1, 2, 3].map(() => limit.enter(address))).toEqual([true, true, false]);
    expect(limit.enter("203.0.113.8")).toBe(true);
    limit.leave(address);
    expect([1, 2].map(() => limit.enter(address))).toEqual([true, false]);
  });

  test.each(["127.0.0.1", "::1", "::ffff:127.0.0.1"])("does not count %s", (address) => {
    const limit = new AddressLimit(1);
    expect([1, 2, 3].every(() => limit.enter(address))).toBe(true);
  });

  test.each([
    ["2001:db8:1:2::1", "2001:db8:1:2:ffff::9", false],
    ["2001:db8::1", "2001:0db8:0:0:5::1", false],
    ["2001:db8:1:2::1", "2001:db8:1:3::1", true],
    ["::ffff:203.0.113.7", "203.0.113.7", false],
    ["::ffff:cb00:7107", "203.0.113.7", false],
    ["0:0:0:0:0:ffff:203.0.113.7", "203.0.113.8", true],
    ["fe80::1%eth0", "fe80::2", false],
  ])("of %s leaves a place for %s: %s", (first, second, isFree) => {
    const limit = new AddressLimit(1);
    limit.enter(first);
    expect(limit.enter(second)).toBe(isFree);
  });
});
