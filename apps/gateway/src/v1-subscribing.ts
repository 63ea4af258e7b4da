/**
 * What one v1 connection asks about channels that it reads: checked, done and answered.
 *
 * Invariant: nothing comes on a channel before the reply `subscribed` or after the reply `unsubscribed`.
 */
import {
  DEFAULT_HISTORY_LIMIT,
  errorReply,
  type History,
  type Refusal,
  type Subscribe,
  userChannel,
} from "@tidewire/protocol";
import type { Authority } from "./authority.ts";
import { brokerRefusal } from "./broker-refusal.ts";
import type { ChannelRules } from "./channel-rules.ts";
import type { Connection } from "./connection.ts";
import type { ReadHistory } from "./history.ts";
import type { Limits } from "./limits.ts";
import { NOW, startOf, whereOf } from "./start.ts";
import type { Opening, Start } from "./stream-channel.ts";
import * as refusals from "./v1-refusals.ts";
import type { Speaker } from "./v1-speaker.ts";
import { type JoinResult, V1Subscriptions, type V1SubscriptionsOptions } from "./v1-subscriptions.ts";

/** What all connections of a gateway share. */
export interface V1SubscribingOptions extends V1SubscriptionsOptions {
  readonly rules: ChannelRules;
  readonly authority: Authority;
  readonly readHistory: ReadHistory;
  readonly limits: Limits;
}

/** Messages of a page of history that cost as much as one request. */
const MESSAGES_PER_REQUEST = 10;

export class V1Subscribing {
  readonly #speaker: Speaker;
  readonly #connection: Connection;
  readonly #options: V1SubscribingOptions;
  readonly #subscriptions: V1Subscriptions;
  #reading: Promise<void> | undefined;

  constructor(speaker: Speaker, connection: Connection, options: V1SubscribingOptions) {
    this.#speaker = speaker;
    this.#connection = connection;
    this.#options = options;
    this.#subscriptions = new V1Subscriptions(connection, speaker.id, options);
  }

  /** Channels that it is in, or about to be. */
  get size(): number {
    return this.#subscriptions.size;
  }

  /** Whether it is in the channel and does not want its own publications back. */
  isDeaf(channel: string): boolean {
    return this.#subscriptions.isDeaf(channel);
  }

  /** Settles once it is known whether it is in the channel; absent where that is known. */
  joining(channel: string): Promise<unknown> | undefined {
    return this.#subscriptions.joining(channel);
  }

  /** Its user's channel, of which no request is made; {@link beginUser} when that is answered. */
  joinUser(user: string): Promise<JoinResult> {
    return this.#subscriptions.join({ channel: userChannel(user), isEcho: true, start: NOW });
  }

  beginUser(user: string, joined: JoinResult): void {
    if (joined.kind === "joined") this.#begin(userChannel(user), joined.opening);
  }

  subscribe(request: Subscribe): Promise<void> | undefined {
    const { id, channel } = request;
    const { limits } = this.#options;
    const start = startOf(request);
    if ("code" in start) return this.#refuse(id, start);
    if (this.#subscriptions.has(channel)) return this.#refuse(id, refusals.ALREADY_SUBSCRIBED);
    if (!this.#maySubscribe(channel)) return this.#refuse(id, refusals.MAY_NOT_SUBSCRIBE);
    const own = this.#speaker.identity ? 1 : 0;
    if (this.#subscriptions.size - own >= limits.maxSubscriptionsPerConnection) {
      return this.#refuse(id, refusals.TOO_MANY_SUBSCRIPTIONS);
    }
    return this.#join(request, start);
  }

  async #join(request: Subscribe, start: Start): Promise<void> {
    const { id, channel, echo } = request;
    const { rules, authority } = this.#options;
    const isEcho = echo ?? rules.of(channel).echo;
    const answer = authority.ask("subscribe", channel, this.#speaker.identity);
    const result = await this.#subscriptions.join({ channel, isEcho, start, answer });
    switch (result.kind) {
      case "joined":
        // It may have left in the moment in between.
        if (!this.#subscriptions.isJoined(channel)) return this.#refuse(id, refusals.CANCELLED);
        // A new token may have taken it away meanwhile.
        if (!this.#maySubscribe(channel)) {
          this.#subscriptions.leave(channel);
          return this.#refuse(id, refusals.MAY_NOT_SUBSCRIBE);
        }
        this.#speaker.say({ type: "subscribed", id, channel, ...whereOf(result.opening, request) });
        return this.#begin(channel, result.opening);
      case "cancelled":
        return this.#refuse(id, refusals.CANCELLED);
      case "refused":
        return this.#refuse(id, result.refusal);
      case "failed":
        return this.#refuse(id, brokerRefusal(result.error));
      default:
        return result satisfies never;
    }
  }

  #begin(channel: string, opening: Opening | undefined): void {
    if (!opening) return;
    // The reply is to come first.
    this.#speaker.flush();
    this.#subscriptions.begin(channel, opening);
  }

  /** One at a time for each client, and a long page costs as much as many requests. */
  history(request: History): Promise<void> {
    const before = this.#reading ?? Promise.resolve();
    this.#reading = before.then(() => this.#readPage(request));
    return this.#reading;
  }

  async #readPage({ id, ...question }: History): Promise<void> {
    const { channel, limit = DEFAULT_HISTORY_LIMIT } = question;
    if (!this.#connection.isOpen) return;
    this.#speaker.charge(Math.floor(limit / MESSAGES_PER_REQUEST));
    if (!this.#maySubscribe(channel)) return this.#refuse(id, refusals.MAY_NOT_SUBSCRIBE);
    const refusal = await this.#options.authority.ask("subscribe", channel, this.#speaker.identity);
    const page = refusal ?? (await this.#options.readHistory(question));
    if (typeof page !== "string") return this.#refuse(id, page);
    if (this.#maySubscribe(channel)) return this.#speaker.sayLine(`{"type":"page","id":${id},${page}}`);
    return this.#refuse(id, refusals.MAY_NOT_SUBSCRIBE);
  }

  unsubscribe(id: number, channel: string): undefined {
    if (!this.#subscriptions.leave(channel)) return this.#refuse(id, refusals.NOT_SUBSCRIBED);
    return this.#speaker.say({ type: "unsubscribed", id, channel });
  }

  /** Ends a subscription that the client did not ask to end. */
  remove(channel: string, { code, message }: Refusal): void {
    if (this.#subscriptions.leave(channel)) this.#speaker.say({ type: "removed", channel, code, message });
  }

  /** Ends those that its identity of now does not allow. */
  leaveForbidden(): void {
    for (const channel of this.#subscriptions.channels) {
      if (!this.#maySubscribe(channel)) this.remove(channel, refusals.MAY_NOT_SUBSCRIBE);
    }
  }

  leaveAll(): void {
    this.#subscriptions.leaveAll();
  }

  #maySubscribe(channel: string): boolean {
    return this.#options.authority.mayDo("subscribe", channel, this.#speaker.identity);
  }

  #refuse(id: number, { code, message }: Refusal): undefined {
    this.#speaker.say(errorReply(id, code, message));
  }
}
