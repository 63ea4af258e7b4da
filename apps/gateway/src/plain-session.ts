/**
 * The plain session: each text a client sends is published on its one channel; nothing else is said.
 *
 * Invariant: texts are published in the order in which they came, and after one is known to have failed none is.
 */
import type { Attend, Stay } from "./attendance.ts";
import { CLOSE_CODES, type CloseCode } from "@tidewire/protocol";
import { brokerCloseCode } from "./broker-refusal.ts";
import type { Answer, Decision } from "./authority.ts";
import type { Accounts, Member, Membership } from "./accounts.ts";
import type { ChannelRule } from "./channel-rules.ts";
import { type Connection, goodbye } from "./connection.ts";
import type { Cursor } from "./cursor.ts";
import type { Hub } from "./hub.ts";
import type { Identity } from "./identity.ts";
import { type Paced, Pacer } from "./pacer.ts";
import { PLAIN } from "./plain-form.ts";
import type { NoticeReader } from "./presence-notices.ts";
import type { HeldRoom } from "./presence-rooms.ts";
import type { Publish } from "./publish.ts";
import type { Session, SessionFacts } from "./session.ts";
import type { Opening } from "./stream-channel.ts";
import type { Openings, StreamChannels } from "./stream-channels.ts";
import { type Rate, TokenBucket } from "./token-bucket.ts";
import { Turns } from "./turns.ts";

export interface PlainSessionOptions {
  readonly publish: Publish;
  readonly hub: Hub;
  /** Absent when nobody signs in. */
  readonly accounts: Accounts | undefined;
  /** Who this client is, if it has signed in. */
  readonly identity: Identity | undefined;
  /** That it is there. */
  readonly attend: Attend;
  /** All that it is in: its channel, and that of its user. The broker has them already. */
  readonly channels: readonly string[];
  readonly streams: StreamChannels;
  /** Where it publishes. */
  readonly channel: string;
  /** Who comes to the channel and goes; absent where it does not want to know. */
  readonly others: Others | undefined;
  readonly rule: ChannelRule;
  readonly mayPublish: boolean;
  /** Asks the application about each text, where the rule wants that. */
  readonly ask: (() => Answer) | undefined;
  /** Goes before every text that a client sends. */
  readonly textPrefix: Buffer;
  /** How many publications may wait for the broker. Further texts wait here, and no more is read meanwhile. */
  readonly maxPendingRequests: number;
  /** How fast the client may publish. Faster texts wait here, too. */
  readonly rate: Rate;
  /** Milliseconds of a clock that only goes forward. */
  readonly now: () => number;
}

interface Others {
  readonly room: HeldRoom;
  /** The id of its own member, of which it is told nothing. */
  readonly self: string;
}

export class PlainSession implements Session, Member, Paced<Buffer> {
  readonly #connection: Connection;
  readonly #options: PlainSessionOptions;
  readonly #pacer: Pacer<Buffer>;
  readonly #membership: Membership | undefined;
  /** Absent while the application has not been asked. */
  #turns: Turns<Decision> | undefined;
  /** Of those channels that are streams; absent where none is. */
  #cursors: Cursor[] | undefined;
  readonly #stays: readonly Stay[];
  readonly #endOthers: (() => void) | undefined;
  #isClosed = false;

  /** @param openings where it begins in those of its channels that are streams; not kept, since they can hold much */
  constructor(connection: Connection, options: PlainSessionOptions, openings: Openings) {
    const { channels, others, rate, now, accounts, identity } = options;
    this.#connection = connection;
    this.#options = options;
    this.#pacer = new Pacer(this, connection, new TokenBucket(rate, now));
    for (const each of channels) this.#enter(each, openings.get(each));
    this.#endOthers = others && this.#hearOf(others);
    this.#stays = channels.map((each) => options.attend(each)).filter((stay) => stay !== undefined);
    this.#membership = identity && accounts?.enter(identity, this);
  }

  get maxPending(): number {
    return this.#options.maxPendingRequests;
  }

  costOf(): number {
    return 1;
  }

  get facts(): SessionFacts {
    const { identity, channels } = this.#options;
    return { protocol: "plain", user: identity?.user, channels: channels.length };
  }

  onMessage(data: Buffer, isBinary: boolean): void {
    const { rule, mayPublish } = this.#options;
    if (isBinary) return this.#close(CLOSE_CODES.unsupportedData);
    if (!mayPublish) return this.#close(CLOSE_CODES.publishForbidden);
    if (data.length > rule.maxMessageBytes) return this.#close(CLOSE_CODES.messageTooLarge);
    this.#pacer.push(data);
  }

  onRefused(): void {
    this.#close(CLOSE_CODES.channelRefused);
  }

  /** It can't be told, and can't bring a new one. */
  onExpiring(): void {}

  onEnded(closeCode: CloseCode): void {
    // It can't come back as it was, and nobody is to be shown it for the time of its answer.
    if (closeCode !== CLOSE_CODES.tokenExpired) for (const stay of this.#stays) stay.leave("at once");
    this.#close(closeCode);
  }

  leave(reconnectMs: number): void {
    this.#connection.close(goodbye(reconnectMs));
  }

  onClose(): void {
    const { hub, channels } = this.#options;
    this.#membership?.leave();
    this.#endOthers?.();
    for (const stay of this.#stays) stay.leave("lost");
    for (const each of channels) hub.remove(each, this.#connection);
    for (const cursor of this.#cursors ?? []) cursor.end();
  }

  handle(text: Buffer): Promise<void> | undefined {
    const { ask } = this.#options;
    if (!ask) return this.#publish(text);
    this.#turns ??= new Turns();
    return this.#turns.take(ask(), (refusal) => this.#decided(text, refusal));
  }

  #enter(channel: string, opening: Opening | undefined): void {
    const { hub, streams } = this.#options;
    const connection = this.#connection;
    const stream = streams.get(channel);
    if (!stream || !opening) return hub.add(channel, connection, PLAIN);
    // It can't be told in another way.
    if (!opening.isComplete) return this.#close(CLOSE_CODES.gap);
    const cursor = streams.read(opening, { stream, connection, form: PLAIN, deafTo: undefined });
    this.#cursors = [...(this.#cursors ?? []), cursor];
    cursor.start(opening);
  }

  /** The result ends it. */
  #hearOf({ room, self }: Others): () => void {
    const connection = this.#connection;
    const reader: NoticeReader = {
      kind: "notices",
      self,
      get isBusy() {
        return connection.isBusy;
      },
      whenIdle: (action) => connection.whenIdle(action),
      write: (frames) => connection.write(frames),
      // It can't be told in another way.
      refuse: () => this.#close(CLOSE_CODES.channelRefused),
    };
    room.add(reader);
    return () => room.remove(reader);
  }

  #decided(text: Buffer, refusal: Decision): Promise<void> | undefined {
    if (!refusal) return this.#publish(text);
    this.#close(refusal.code === "forbidden" ? CLOSE_CODES.publishForbidden : CLOSE_CODES.publishFailed);
    return undefined;
  }

  async #publish(text: Buffer): Promise<void> {
    const { publish, channel, identity, textPrefix } = this.#options;
    const payload = textPrefix.length === 0 ? text : Buffer.concat([textPrefix, text]);
    const publication = { payload, ...(identity && { sender: identity.user }) };
    const result = await publish({ channel, publication, by: "client" });
    // The client has no other way to learn that its message is lost.
    if (!result.ok) this.#close(brokerCloseCode(result.error));
  }

  #close(closeCode: CloseCode): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#pacer.stop();
    this.#turns?.stop();
    this.#connection.close(closeCode);
  }
}
