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
import type { Cursor } from "./cursor.ts";
import type { Interest } from "./interest.ts";
import type { Opening, Start, StreamChannel } from "./stream-channel.ts";
import type { StreamChannels } from "./stream-channels.ts";

/** What all connections of a gateway share. */
export interface V1SubscriptionsOptions {
  readonly hub: Hub;
  readonly interest: Interest;
  readonly streams: StreamChannels;
  readonly form: WireForm;
}

export interface Joining {
  readonly channel: string;
  readonly isEcho: boolean;
  /** On a stream channel. */
  readonly start: Start;
  /** What the application says; until it has, the subscription can be cancelled and not be asked for again. */
  readonly answer?: Answer;
}

interface Subscription {
  readonly isEcho: boolean;
  /** Settles once it is known whether it stands; absent from then on. */
  joining: Promise<JoinResult> | undefined;
  /** Whether the broker has confirmed it. */
  isJoined: boolean;
  /** On a stream channel, once it is known where it begins. */
  cursor: Cursor | undefined;
}

export type JoinResult =
  /** On a stream channel with where it begins: its entries come once {@link V1Subscriptions.begin} was called. */
  | { readonly kind: "joined"; readonly opening: Opening | undefined }
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

  /** Whether the broker has confirmed it. */
  isJoined(channel: string): boolean {
    return this.#byChannel.get(channel)?.isJoined ?? false;
  }

  /** Whether it is in the channel and does not want its own publications back. */
  isDeaf(channel: string): boolean {
    return this.#byChannel.get(channel)?.isEcho === false;
  }

  /** Settles once it is known whether it is in the channel; absent where that is known. */
  joining(channel: string): Promise<unknown> | undefined {
    return this.#byChannel.get(channel)?.joining;
  }

  /** Settles once the broker has confirmed. The channel must be one that it is not in. */
  async join(joining: Joining): Promise<JoinResult> {
    const { channel, isEcho } = joining;
    const subscription: Subscription = { isEcho, joining: undefined, isJoined: false, cursor: undefined };
    this.#byChannel.set(channel, subscription);
    subscription.joining = this.#settle(joining, subscription);
    const result = await subscription.joining;
    subscription.joining = undefined;
    return result;
  }

  async #settle({ channel, start, answer }: Joining, subscription: Subscription): Promise<JoinResult> {
    const { interest } = this.#options;
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
    const stream = this.#options.streams.get(channel);
    const opening = stream && (await stream.open(start));
    if (!isWanted() || opening?.ok === false) interest.release(channel);
    if (!isWanted()) return { kind: "cancelled" };
    if (opening?.ok === false) {
      this.#byChannel.delete(channel);
      return { kind: "failed", error: opening.error };
    }
    subscription.isJoined = true;
    this.#enter(channel, subscription, stream, opening?.value);
    return { kind: "joined", opening: opening?.value };
  }

  /** What follows where a subscription to a stream channel begins may come from now on. */
  begin(channel: string, opening: Opening): void {
    this.#byChannel.get(channel)?.cursor?.start(opening);
  }

  /** Whether it was in the channel, or about to be. */
  leave(channel: string): boolean {
    const subscription = this.#byChannel.get(channel);
    if (!subscription) return false;
    const { hub, interest } = this.#options;
    this.#byChannel.delete(channel);
    if (!subscription.isJoined) return true;
    if (subscription.cursor) subscription.cursor.end();
    else hub.remove(channel, this.#connection);
    interest.release(channel);
    return true;
  }

  leaveAll(): void {
    for (const channel of this.#byChannel.keys()) this.leave(channel);
  }

  #enter(
    channel: string,
    subscription: Subscription,
    stream: StreamChannel | undefined,
    opening: Opening | undefined,
  ): void {
    const { hub, streams, form } = this.#options;
    const connection = this.#connection;
    const deafTo = subscription.isEcho ? undefined : this.#origin;
    if (!stream || !opening) return hub.add(channel, connection, form, deafTo);
    subscription.cursor = streams.read(opening, { stream, connection, form, deafTo });
  }
}
