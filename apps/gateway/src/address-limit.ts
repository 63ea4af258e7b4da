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
  const mapped = /^::ffff:([\d.]+)$/i.exec(address)?.[1];
  if (mapped) return mapped;
  const [head = "", tail = ""] = address.split("%")[0]?.split("::") ?? [];
  const before = head === "" ? [] : head.split(":");
  const after = tail === "" ? [] : tail.split(":");
  const zeros = Array.from({ length: Math.max(0, 8 - before.length - after.length) }, () => "0");
  const groups = address.includes("::") ? [...before, ...zeros, ...after] : before;
  return groups
    .slice(0, IPV6_NETWORK_GROUPS)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(":");
}
