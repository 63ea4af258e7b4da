/**
 * The session of a reader of server-sent events: one channel, and nothing that it could say.
 *
 * Invariant: what it is told first is how long to stay away after a loss, then what it may have missed, then what comes.
 */
import { formatPosition } from "@tidewire/broker";
import { CLOSE_CODES, type CloseCode } from "@tidewire/protocol";
import type { Attend, Stay } from "./attendance.ts";
import type { Accounts, Member, Membership } from "./accounts.ts";
import { CHANNEL_REFUSED } from "./broker-refusal.ts";
import { type Connection, goodbye } from "./connection.ts";
import type { Cursor } from "./cursor.ts";
import { EVENTS, idLine, namedEvent } from "./events-form.ts";
import type { Hub } from "./hub.ts";
import type { Identity } from "./identity.ts";
import { EVENTS_ROOM } from "./presence-form.ts";
import { type ListReader, listReader } from "./presence-lists.ts";
import type { HeldRoom } from "./presence-rooms.ts";
import type { Session, SessionFacts } from "./session.ts";
import type { Opening } from "./stream-channel.ts";
import type { Openings, StreamChannels } from "./stream-channels.ts";

/** Shortest and longest time that a reader is asked to wait before it comes back, in milliseconds. */
const MIN_RETRY_MS = 500;
const MAX_RETRY_MS = 2_000;

export interface EventSessionOptions {
  readonly hub: Hub;
  readonly streams: StreamChannels;
  /** Absent when nobody signs in. */
  readonly accounts: Accounts | undefined;
  /** Who reads; absent for one who has not signed in, and for a server. */
  readonly identity: Identity | undefined;
  /** That it is there. */
  readonly attend: Attend;
  /** The broker has it already. */
  readonly channel: string;
  /** Who is on the channel; absent where it does not want to know. */
  readonly room: HeldRoom | undefined;
  /** Whether it was here before, and may have missed something. */
  readonly isBack: boolean;
  /** A number from 0 up to 1, so that not all come back at the same time. */
  readonly random: () => number;
}

export class EventSession implements Session, Member {
  readonly #connection: Connection;
  readonly #options: EventSessionOptions;
  readonly #membership: Membership | undefined;
  readonly #stay: Stay | undefined;
  /** On a stream channel. */
  readonly #cursor: Cursor | undefined;
  readonly #reader: ListReader | undefined;

  /** @param openings where it begins, if the channel is a stream; not kept, since it can hold much */
  constructor(connection: Connection, options: EventSessionOptions, openings: Openings) {
    const { identity, accounts, channel, room, random } = options;
    this.#connection = connection;
    this.#options = options;
    const opening = openings.get(channel);
    // The comment is there for proxies that pass nothing on before some of the body has come.
    this.#say(`${retryLine(MIN_RETRY_MS + random() * (MAX_RETRY_MS - MIN_RETRY_MS))}:\n\n`);
    this.#say(this.#firstWords(opening));
    this.#cursor = this.#begin(opening);
    this.#reader = room && listReader(connection, EVENTS_ROOM);
    if (this.#reader) room?.add(this.#reader);
    this.#stay = options.attend(channel);
    this.#membership = identity && accounts?.enter(identity, this);
  }

  get facts(): SessionFacts {
    return { protocol: "events", user: this.#options.identity?.user, channels: 1 };
  }

  /** Its connection hands over none. */
  onMessage(): void {}

  onRefused(): void {
    this.#say(namedEvent("removed", CHANNEL_REFUSED));
    this.#connection.close(CLOSE_CODES.channelRefused);
  }

  /** It can't bring a new one; it comes back with one. */
  onExpiring(): void {}

  onEnded(closeCode: CloseCode): void {
    // It can't come back as it was, and nobody is to be shown it for the time of its close.
    if (closeCode !== CLOSE_CODES.tokenExpired) this.#stay?.leave("at once");
    this.#connection.close(closeCode);
  }

  leave(reconnectMs: number): void {
    this.#say(`${retryLine(reconnectMs)}\n`);
    this.#connection.close(goodbye(reconnectMs));
  }

  onClose(): void {
    const { hub, channel, room } = this.#options;
    this.#membership?.leave();
    if (this.#reader) room?.remove(this.#reader);
    this.#stay?.leave("lost");
    if (this.#cursor) this.#cursor.end();
    else hub.remove(channel, this.#connection);
  }

  /** Of a gap, or where it is: a reader that is cut off before the first message comes back to there. */
  #firstWords(opening: Opening | undefined): string | Buffer {
    const { channel, isBack } = this.#options;
    const isComplete = opening ? opening.isComplete : !isBack;
    const position = opening && formatPosition(opening.position);
    if (!isComplete) return EVENTS.gap?.(channel, position) ?? "";
    // Those that follow at once have positions of their own, and may be older ones.
    return position === undefined || opening?.entries.length !== 0 ? "" : `${idLine(position)}\n`;
  }

  #begin(opening: Opening | undefined): Cursor | undefined {
    const { hub, streams, channel } = this.#options;
    const connection = this.#connection;
    const stream = streams.get(channel);
    if (!stream || !opening) {
      hub.add(channel, connection, EVENTS);
      return undefined;
    }
    const cursor = streams.read(opening, { stream, connection, form: EVENTS, deafTo: undefined });
    cursor.start(opening);
    return cursor;
  }

  #say(words: string | Buffer): void {
    if (words.length > 0) this.#connection.write(Buffer.from(words));
  }
}

function retryLine(milliseconds: number): string {
  return `retry: ${Math.round(milliseconds)}\n`;
}
