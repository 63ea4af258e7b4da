/**
 * The channels that one v1 connection is in.
 *
 * Invariant: it is in the hub exactly for those that the broker has confirmed and that it has not left since.
 */
import type { BrokerError } from "@tidewire/broker";
import type { Refusal } from "@tidewire/protocol";
import type { Answer } from "./authority.ts";
import type { Connection } from "./connection.ts";
import type { Hub, WireForm } from "./hub.ts";
import type { Interest } from "./interest.ts";

/** What all connections of a gateway share. */
export interface V1SubscriptionsOptions {
  readonly hub: Hub;
  readonly interest: Interest;
  readonly form: WireForm;
}

interface Subscription {
  readonly isEcho: boolean;
  /** Whether the broker has confirmed it. */
  isJoined: boolean;
}

export type JoinResult =
  | { readonly kind: "joined" }
  /** It was left before it was joined. */
  | { readonly kind: "cancelled" }
  /** The application does not allow it, or could not be asked. */
  | { readonly kind: "refused"; readonly refusal: Refusal }
  | { readonly kind: "failed"; readonly error: BrokerError };

export class V1Subscriptions {
  readonly #connection: Connection;
  readonly #origin: string;
  readonly #options: V1SubscriptionsOptions;
  readonly #byChannel = new Map<string, Subscription>();

  /** @param origin what its own publications carry where it does not want them back */
  constructor(connection: Connection, origin: string, options: V1SubscriptionsOptions) {
    this.#connection = connection;
    this.#origin = origin;
    this.#options = options;
  }

  /** Those that wait for the broker included. */
  get size(): number {
    return this.#byChannel.size;
  }

  get channels(): Iterable<string> {
    return this.#byChannel.keys();
  }

  has(channel: string): boolean {
    return this.#byChannel.has(channel);
  }

  /** Whether it is in the channel and does not want its own publications back. */
  isDeaf(channel: string): boolean {
    return this.#byChannel.get(channel)?.isEcho === false;
  }

  /**
   * Settles once the broker has confirmed. The channel must be one that it is not in.
   *
   * @param answer what the application says; until it has, the subscription can be cancelled and not be asked for again
   */
  async join(channel: string, isEcho: boolean, answer?: Answer): Promise<JoinResult> {
    const { hub, interest, form } = this.#options;
    const subscription = { isEcho, isJoined: false };
    this.#byChannel.set(channel, subscription);
    const isWanted = () => this.#byChannel.get(channel) === subscription;
    const refusal = answer && (await answer);
    if (!isWanted()) return { kind: "cancelled" };
    if (refusal) {
      this.#byChannel.delete(channel);
      return { kind: "refused", refusal };
    }
    const result = await interest.hold(channel);
    if (!result.ok) {
      if (isWanted()) this.#byChannel.delete(channel);
      return { kind: "failed", error: result.error };
    }
    if (!isWanted()) {
      interest.release(channel);
      return { kind: "cancelled" };
    }
    subscription.isJoined = true;
    hub.add(channel, this.#connection, form, isEcho ? undefined : this.#origin);
    return { kind: "joined" };
  }

  /** Whether it was in the channel, or about to be. */
  leave(channel: string): boolean {
    const subscription = this.#byChannel.get(channel);
    if (!subscription) return false;
    const { hub, interest } = this.#options;
    this.#byChannel.delete(channel);
    if (subscription.isJoined) {
      hub.remove(channel, this.#connection);
      interest.release(channel);
    }
    return true;
  }

  leaveAll(): void {
    for (const channel of this.#byChannel.keys()) this.leave(channel);
  }
}
