/** How many connections come from one address, and whether one more may. */
import { isIP } from "node:net";
import { isLoopback } from "./access.ts";

/** Groups of 16 bits in the network part of an IPv6 address: one customer has at least that network to himself. */
const IPV6_NETWORK_GROUPS = 4;

export class AddressLimit {
  readonly #max: number;
  readonly #counts = new Map<string, number>();

  /** @param max connections from one address, or one IPv6 network of 64 bits */
  constructor(max: number) {
    this.#max = max;
  }

  /** Takes a place, to be given back with `leave`; `false` when there is none. Loopback is not counted. */
  enter(address: string): boolean {
    if (isLoopback(address)) return true;
    const network = networkOf(address);
    const count = this.#counts.get(network) ?? 0;
    if (count >= this.#max) return false;
    this.#counts.set(network, count + 1);
    return true;
  }

  leave(address: string): void {
    if (isLoopback(address)) return;
    const network = networkOf(address);
    const count = this.#counts.get(network) ?? 0;
    if (count > 1) this.#counts.set(network, count - 1);
    else this.#counts.delete(network);
  }
}

function networkOf(address: string): string {
  if (isIP(address) !== 6) return address;
  // A URL writes an IPv6 address in its one canonical form (RFC 5952), without a zone.
  const canonical = URL.parse(`http://[${address.split("%")[0]}]`)?.hostname.slice(1, -1) ?? address;
  const mapped = /^::ffff:([\da-f]+):([\da-f]+)$/.exec(canonical);
  if (mapped) return [mapped[1], mapped[2]].flatMap(bytesOf).join(".");
  const [head = "", tail = ""] = canonical.split("::");
  const [before, after] = [head, tail].map((part) => (part === "" ? [] : part.split(":")));
  const zeros = Array.from({ length: 8 - (before?.length ?? 0) - (after?.length ?? 0) }, () => "0");
  return [...(before ?? []), ...zeros, ...(after ?? [])].slice(0, IPV6_NETWORK_GROUPS).join(":");
}

function bytesOf(group = "0"): number[] {
  const value = Number.parseInt(group, 16);
  return [value >> 8, value & 0xff];
}
