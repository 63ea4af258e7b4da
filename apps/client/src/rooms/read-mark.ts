/** How far somebody has read, and what is new to them. */

import type { ChannelEntry } from "@tidewire/sdk/react";

/** The last message that was read, as it outlives a visit. */
export interface ReadMark {
  /** On a stream channel. */
  readonly position?: string;
  /** When it was published. */
  readonly timeMs: number;
}

export interface ReadUpTo extends ReadMark {
  /** The entry, once it was read in this visit. */
  readonly key?: number;
}

export interface Unread {
  readonly count: number;
  /** The first of them. */
  readonly firstKey: number | undefined;
  /** Nothing in the list was read: what is new may begin before it. */
  readonly isAllNew: boolean;
}

/** @param isOwn what one has written oneself is not new */
export function unreadOf(
  entries: readonly ChannelEntry[],
  mark: ReadUpTo,
  isOwn: (entry: ChannelEntry) => boolean,
): Unread {
  const behind = entriesBehind(entries, mark);
  const unread = behind.filter((entry) => entry.kind === "message" && !isOwn(entry));
  const isAllNew = behind.find(isMessage) === entries.find(isMessage);
  return { count: unread.length, firstKey: unread[0]?.key, isAllNew };
}

/** The mark at the newest message; the given one where there is none, or it says the same. */
export function markAt(entries: readonly ChannelEntry[], mark: ReadUpTo): ReadUpTo {
  const newest = entries.findLast((entry) => entry.kind === "message");
  if (!newest || newest.key === mark.key) return mark;
  const { position, time: timeMs } = newest.message;
  return { key: newest.key, timeMs, ...(position !== undefined && { position }) };
}

function isMessage({ kind }: ChannelEntry): boolean {
  return kind === "message";
}

function entriesBehind(entries: readonly ChannelEntry[], mark: ReadUpTo): readonly ChannelEntry[] {
  const { key, position, timeMs } = mark;
  if (key !== undefined) return entries.filter((entry) => entry.key > key);
  const at =
    position === undefined
      ? -1
      : entries.findIndex((entry) => entry.kind === "message" && entry.message.position === position);
  if (at >= 0) return entries.slice(at + 1);
  return entries.filter((entry) => entry.kind === "message" && entry.message.time > timeMs);
}
