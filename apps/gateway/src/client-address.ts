/** The address of a client: the TCP peer's, or what a trusted proxy says of it. */
import type { IncomingMessage } from "node:http";
import { BlockList, isIP } from "node:net";

/** Addresses and ranges (`10.0.0.0/8`) whose `X-Forwarded-For` is believed. */
export class TrustedProxies {
  readonly #list = new BlockList();
  readonly isEmpty: boolean;

  /** @param ranges checked by {@link rangeFault} */
  constructor(ranges: readonly string[]) {
    this.isEmpty = ranges.length === 0;
    for (const range of ranges) {
      const [address = "", bits] = range.split("/");
      const family = isIP(address) === 6 ? "ipv6" : "ipv4";
      if (bits === undefined) this.#list.addAddress(address, family);
      else this.#list.addSubnet(address, Number(bits), family);
    }
  }

  has(address: string): boolean {
    const version = isIP(address);
    return version !== 0 && this.#list.check(address, version === 6 ? "ipv6" : "ipv4");
  }
}

/** Why `range` is no address and no range of addresses, or `undefined`. */
export function rangeFault(range: string): string | undefined {
  const [address = "", bits, ...rest] = range.split("/");
  const version = isIP(address);
  const most = version === 6 ? 128 : 32;
  const isRange = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= most);
  return version !== 0 && isRange && rest.length === 0
    ? undefined
    : `"${range}" is no address such as 10.0.0.0/8`;
}

/**
 * Who is at the other end. `X-Forwarded-For` is read from its right end, where the nearest proxy wrote, up to the first
 * address that is not trusted: all before that may be invented by the client.
 */
export function clientAddress({ headers, socket }: IncomingMessage, trusted: TrustedProxies): string {
  let address = socket.remoteAddress ?? "";
  const header = headers["x-forwarded-for"];
  const forwarded = (Array.isArray(header) ? header.join(",") : (header ?? "")).split(",");
  while (trusted.has(address)) {
    const before = bareAddress(forwarded.pop() ?? "");
    if (before === undefined) return address;
    address = before;
  }
  return address;
}

// Some proxies write a port behind the address, and brackets around one of IPv6.
function bareAddress(text: string): string | undefined {
  const [, bracketed, plain] = /^\s*(?:\[([^\]]+)\](?::\d+)?|([\d.]+)(?::\d+)?|.*)\s*$/.exec(text) ?? [];
  const address = bracketed ?? plain ?? text.trim();
  return isIP(address) === 0 ? undefined : address;
}
