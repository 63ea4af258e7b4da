/**
 * This gateway's place among all gateways: a lease that is renewed, taken again when it was lost, and given up in the end.
 */
import type { Broker, Peer, Result } from "@tidewire/broker";
import type { Limits } from "./limits.ts";
import type { Log } from "./log.ts";
import { version } from "./version.ts";

export interface RegistryOptions {
  readonly broker: Broker;
  readonly gatewayId: string;
  readonly limits: Pick<Limits, "leaseMs" | "leaseRenewMs">;
  readonly log: Log;
}

export class Registry {
  readonly #options: RegistryOptions;
  readonly #startedMs = performance.now();
  #timer: NodeJS.Timeout | undefined;
  #incarnation: number | undefined;
  #isRefused = false;

  constructor(options: RegistryOptions) {
    this.#options = options;
  }

  /** Holds a lease from now on, as far as the broker can be reached. */
  start(): void {
    const { leaseRenewMs } = this.#options.limits;
    this.#timer = setInterval(() => void this.peers(), leaseRenewMs).unref();
    void this.peers();
  }

  /** The broker can be reached again: there is no need to wait for the next turn. */
  linkIsUp(): void {
    if (this.#timer) void this.peers();
  }

  /** The lease is gone, and what hangs on it waits for the next one. */
  leaseIsLost(): void {
    if (this.#timer) void this.peers();
  }

  /** All gateways that hold a lease; renews that of this one. */
  async peers(): Promise<Result<readonly Peer[]>> {
    const { broker, gatewayId: gateway, limits } = this.#options;
    const ageMs = performance.now() - this.#startedMs;
    const result = await broker.renewLease({ gateway, version, ageMs, forMs: limits.leaseMs });
    if (!result.ok) {
      this.#tellOfRefusal(result.error.code === "refused", result.error.message);
      return result;
    }
    this.#tellOfRefusal(false);
    const { incarnation, isTaken, peers } = result.value;
    if (isTaken) this.#tellOfLoss(incarnation);
    this.#incarnation = incarnation;
    return { ok: true, value: peers };
  }

  /** Gives the lease up. Nothing may be asked of the registry any more. */
  async end(): Promise<void> {
    clearInterval(this.#timer);
    this.#timer = undefined;
    // One that can't be given up is soon over by itself.
    await this.#options.broker.endLease();
  }

  #tellOfLoss(incarnation: number): void {
    if (this.#incarnation === undefined) return;
    this.#options.log.warn({ incarnation }, "the lease of this gateway was lost, and is taken anew");
  }

  // Only once for as long as it lasts: it is tried again and again.
  #tellOfRefusal(isRefused: boolean, message = ""): void {
    if (isRefused && !this.#isRefused) {
      this.#options.log.error(`the broker refuses a lease to this gateway: ${message}`);
    }
    this.#isRefused = isRefused;
  }
}
