/**
 * What one v1 connection asks about channels that it reads: checked, done and answered.
 *
 * Invariant: nothing comes on a channel before the reply `subscribed` or after the reply `unsubscribed`.
 */
import {
  DEFAULT_HISTORY_LIMIT,
  DEFAULT_PRESENCE_LIMIT,
  errorReply,
  type History,
  type Presence,
  type Refusal,
  type Subscribe,
  type Update,
  userChannel,
} from "@tidewire/protocol";
import type { Authority } from "./authority.ts";
import { brokerRefusal } from "./broker-refusal.ts";
import type { ChannelRules } from "./channel-rules.ts";
import type { Connection } from "./connection.ts";
import type { ReadHistory } from "./history.ts";
import type { Identity } from "./identity.ts";
import type { Limits } from "./limits.ts";
import { NOW, startOf, whereOf } from "./start.ts";
import type { Opening, Start } from "./stream-channel.ts";
import type { ReadPresence } from "./read-presence.ts";
import { V1Presence, type V1PresenceOptions } from "./v1-presence.ts";
import * as refusals from "./v1-refusals.ts";
import type { Speaker } from "./v1-speaker.ts";
import { type JoinResult, V1Subscriptions, type V1SubscriptionsOptions } from "./v1-subscriptions.ts";

/** What all connections of a gateway share. */
export interface V1SubscribingOptions extends V1SubscriptionsOptions, V1PresenceOptions {
  readonly rules: ChannelRules;
  readonly authority: Authority;
  readonly readHistory: ReadHistory;
  readonly readPresence: ReadPresence;
  readonly limits: Limits;
}

/** Messages, or members, of a page that cost as much as one request. */
const ITEMS_PER_REQUEST = 10;

/** A page that a client asks for. */
interface Reading {
  readonly id: number;
  /** Of the reply. */
  readonly type: "page" | "present";
  readonly channel: string;
  /** Most items. */
  readonly limit: number;
  readonly read: () => Promise<string | Refusal>;
}

export class V1Subscribing {
  readonly #speaker: Speaker;
  readonly #connection: Connection;
  readonly #options: V1SubscribingOptions;
  readonly #subscriptions: V1Subscriptions;
  readonly #presence: V1Presence;
  #reading: Promise<void> | undefined;

  constructor(speaker: Speaker, connection: Connection, options: V1SubscribingOptions) {
    this.#speaker = speaker;
    this.#connection = connection;
    this.#options = options;
    this.#subscriptions = new V1Subscriptions(connection, speaker.id, options);
    this.#presence = new V1Presence(speaker, connection, options);
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
    if (joined.kind === "joined") this.#begin({ channel: userChannel(user) }, joined.opening);
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
        return this.#begin(request, result.opening);
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

  #begin(wanted: Pick<Subscribe, "channel" | "presence" | "info">, opening: Opening | undefined): void {
    const { channel } = wanted;
    this.#presence.begin(channel, wanted);
    if (!opening) return;
    // The reply is to come first.
    this.#speaker.flush();
    this.#subscriptions.begin(channel, opening);
  }

  /** One at a time for each client, and a long page costs as much as many requests. */
  history({ id, ...question }: History): Promise<void> {
    const { limit = DEFAULT_HISTORY_LIMIT } = question;
    const read = () => this.#options.readHistory(question);
    return this.#read({ id, type: "page", channel: question.channel, limit, read });
  }

  /** As for history. */
  whoIsThere({ id, ...question }: Presence): Promise<void> {
    const { limit = DEFAULT_PRESENCE_LIMIT } = question;
    const read = () => this.#options.readPresence(question);
    return this.#read({ id, type: "present", channel: question.channel, limit, read });
  }

  async update(request: Update): Promise<void> {
    const refusal = await this.#presence.update(request, this.#subscriptions.isJoined(request.channel));
    if (refusal) this.#refuse(request.id, refusal);
  }

  #read(reading: Reading): Promise<void> {
    const before = this.#reading ?? Promise.resolve();
    this.#reading = before.then(() => this.#readPage(reading));
    return this.#reading;
  }

  async #readPage({ id, type, channel, limit, read }: Reading): Promise<void> {
    if (!this.#connection.isOpen) return;
    this.#speaker.charge(Math.floor(limit / ITEMS_PER_REQUEST));
    if (!this.#maySubscribe(channel)) return this.#refuse(id, refusals.MAY_NOT_SUBSCRIBE);
    const refusal = await this.#options.authority.ask("subscribe", channel, this.#speaker.identity);
    const page = refusal ?? (await read());
    if (typeof page !== "string") return this.#refuse(id, page);
    if (this.#maySubscribe(channel)) return this.#speaker.sayLine(`{"type":"${type}","id":${id},${page}}`);
    return this.#refuse(id, refusals.MAY_NOT_SUBSCRIBE);
  }

  unsubscribe(id: number, channel: string): undefined {
    if (!this.#subscriptions.leave(channel)) return this.#refuse(id, refusals.NOT_SUBSCRIBED);
    this.#presence.end(channel, "at once");
    return this.#speaker.say({ type: "unsubscribed", id, channel });
  }

  /** Ends a subscription that the client did not ask to end. */
  remove(channel: string, { code, message }: Refusal): void {
    if (!this.#subscriptions.leave(channel)) return;
    this.#presence.end(channel, "at once");
    this.#speaker.say({ type: "removed", channel, code, message });
  }

  /** It has a newer token: ends what that does not allow, and tells what that says of it. */
  renew(before: Identity): void {
    this.#leaveForbidden();
    this.#presence.renew(before);
  }

  #leaveForbidden(): void {
    for (const channel of this.#subscriptions.channels) {
      if (!this.#maySubscribe(channel)) this.remove(channel, refusals.MAY_NOT_SUBSCRIBE);
    }
  }

  /** It is not there any more for anybody, from now on. */
  leavePresence(): void {
    this.#presence.endAll("at once");
  }

  /** The connection is gone. */
  leaveAll(): void {
    this.#presence.endAll("lost");
    this.#subscriptions.leaveAll();
  }

  #maySubscribe(channel: string): boolean {
    return this.#options.authority.mayDo("subscribe", channel, this.#speaker.identity);
  }

  #refuse(id: number, { code, message }: Refusal): undefined {
    this.#speaker.say(errorReply(id, code, message));
  }
}
