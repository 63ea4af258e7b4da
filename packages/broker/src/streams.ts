/**
 * The Streams contract: channels that are kept, so that a reader can come back to where it was.
 *
 * The stream is the truth: whatever is in it, by whichever program, reaches its followers. While a channel is followed
 * every entry is given exactly once and in the order of the stream, each right behind the one before it; or a gap is
 * told, with the position from which on that holds again. No silent loss, no duplicate, no other order.
 *
 * Complete or not: a page is complete only if it is certain that nothing between the position asked for and its entries
 * is missing (see {@link Page.isComplete}). When in doubt it is not. Never complete: after a restart of the broker that
 * could have lost something, after the stream was deleted and reborn, when the entry at the position is not the same
 * one any more, when entries after it were deleted, when it was trimmed away and others after it may have been, and for
 * positions of other streams, or from the future.
 *
 * One rebirth can't be told: of a stream that another program had made, whose entries it writes anew under the very same
 * ids and with the same contents up to the position, and at least as many in all as were seen before.
 */
import type { Once, Publication, Result } from "./broker.ts";

/** Where a reader is in a stream: behind one entry. */
export interface Position {
  /** Of the stream's present life. Positions of two epochs can't be compared. */
  readonly epoch: string;
  /** Of the entry, as Redis writes it: milliseconds and a sequence number, `1700000000000-0`. */
  readonly id: string;
  /** Of what the entry holds: the same id with other content is another position. */
  readonly digest: string;
}

/** One publication that is kept. */
export interface Entry {
  /** Right behind it. */
  readonly position: Position;
  readonly publication: Publication;
}

/** How long a stream keeps what is in it. Without either, for ever. */
export interface Retention {
  /** Most entries. */
  readonly maxLength?: number | undefined;
  /** In milliseconds. */
  readonly maxAgeMs?: number | undefined;
}

export interface AppendOptions {
  readonly retention?: Retention | undefined;
  readonly once?: Once | undefined;
}

export interface AppendOutcome {
  /** Of the entry; of the earlier one for a duplicate, where it is still known. */
  readonly position: Position | undefined;
  /** Whether the key was known, so that nothing was appended now. */
  readonly isDuplicate: boolean;
}

export type Stretch =
  /** What follows a position, from there on. */
  | { readonly kind: "after"; readonly position: Position }
  /** What precedes a position, the nearest ones. */
  | { readonly kind: "before"; readonly position: Position }
  /** The newest ones. */
  | { readonly kind: "last" };

export interface ReadRequest {
  readonly stretch: Stretch;
  /** Most entries; 0 for none, to learn the head. */
  readonly limit: number;
  /** Most bytes of payloads, but for one entry that is larger. */
  readonly maxBytes: number;
}

/** Entries of a stream, and what is certain about them, all of one moment. */
export interface Page {
  /** The oldest first, whatever was asked for. When it is not complete: what there is. */
  readonly entries: readonly Entry[];
  /** Behind the last entry of the stream. */
  readonly head: Position;
  /**
   * Whether it is certain that the page has no hole.
   *
   * - `after`: nothing between the position and the page's last entry is missing.
   * - `last`: nothing between the page's first entry and the head is missing.
   * - `before`: the position is one of the stream's present life, whose entry is there, or the head, or the beginning
   *   of a stream that nothing has left; and nothing between the page's first entry and the position is missing.
   *
   * The latter two say nothing of what precedes the first entry. Of the entries that were deleted one by one only the
   * newest is known: a page is in doubt whose first entry, or position where it has none, precedes that one.
   */
  readonly isComplete: boolean;
  /** Whether there is more in the direction of reading, at this moment. */
  readonly hasMore: boolean;
}

export interface FollowOptions {
  /**
   * Whether entries that other programs append are noticed at once. Otherwise they come with the next append through a
   * broker, or the next check (see {@link StreamsOptions.checkIntervalMs}), or when the bell is rung.
   */
  readonly isTailed: boolean;
  /** As of the appends. With a `maxAgeMs`, the stream can leave the broker one day; see {@link Streams.sweep}. */
  readonly retention?: Retention | undefined;
}

/** What streams tell the broker's owner. None may throw. */
export interface StreamsHandlers {
  /** An entry of a followed channel. Its payload may be a view of a larger buffer: copy what is kept long. */
  readonly onEntry: (channel: string, entry: Entry) => void;
  /** Entries before `head` may be missing; what comes next is right behind it. */
  readonly onStreamGap: (channel: string, head: Position) => void;
  /** Somebody published on the name of a followed channel without appending: nobody is given that. */
  readonly onStray: (channel: string) => void;
}

export interface StreamsOptions {
  /** How often a followed channel is compared with its stream, in milliseconds. @default 3000 */
  readonly checkIntervalMs?: number | undefined;
  /** Whether a restart of Redis loses nothing, so that it leaves positions as they are. @default false */
  readonly isDurable?: boolean | undefined;
}

export interface Streams {
  /**
   * Appends. What it answers is in the stream of the primary that took it, as durable as its persistence; failures as
   * of `publish`. Appends of one caller are in the stream in the order in which they were made, also beside those with
   * a key. `refused` when the name holds something that is no stream.
   */
  append(channel: string, publication: Publication, options?: AppendOptions): Promise<Result<AppendOutcome>>;
  /**
   * One atomic, checked read. Where there is no stream it makes none: then the page is empty, and complete only as the
   * newest ones; its head has an epoch that nothing will ever be complete from.
   */
  read(channel: string, request: ReadRequest): Promise<Result<Page>>;
  /**
   * Makes the stream, empty, where there is none. Settles with the position behind which entries are given from now on.
   * For one that is followed already: the
   * position behind the last entry that was given. Waits while the link is down.
   */
  follow(channel: string, options: FollowOptions): Promise<Result<Position>>;
  /** Nothing is given any more, from this call on. */
  unfollow(channel: string): void;
  /** Removes what is too old. Done by one of all gateways at a time, however many ask. */
  trim(channel: string, retention: Retention): Promise<Result<void>>;
  /**
   * Removes the streams that nobody needs any more: made by a broker, on channels with a `maxAgeMs`, with no entry that
   * is newer, of whatever program, and followed by nobody on any gateway, now or within about half that time before.
   * One with consumer groups stays. Positions of one that is gone are never complete again. Done by one of all gateways
   * at a time; `refused` when Redis forbids it, and then all streams stay.
   *
   * @param retentionOf what holds for a channel now
   */
  sweep(retentionOf: (channel: string) => Retention): Promise<Result<void>>;
}
