/** What is new in a room, and the line in its log where that begins. */

import { useEffect, useMemo, useState } from "react";
import type { ChannelEntry } from "@tidewire/sdk/react";
import { isFields, textOf } from "../fields.ts";
import { inBrowser } from "../kept-values.ts";
import { markAt, type ReadMark, type ReadUpTo, unreadOf } from "./read-mark.ts";

interface Reading {
  /** Names the mark: whose it is, and of which channel. */
  readonly name: string;
  /** Where there is no mark, what is older than this is not new. */
  readonly sinceMs: number;
  /** Whether that is kept elsewhere, so that a room into which nobody has looked leaves nothing behind. */
  readonly isSinceKept: boolean;
  readonly entries: readonly ChannelEntry[];
  /** There may be others before them. */
  readonly isCut: boolean;
  readonly isOwn: (entry: ChannelEntry) => boolean;
  readonly isOpen: boolean;
  /** The person looks at the newest. */
  readonly isSeen: boolean;
}

export interface UnreadView {
  readonly count: number;
  /** There may be more than can be counted. */
  readonly isAtLeast: boolean;
  /** The entry before which the line stands. */
  readonly newFrom: number | undefined;
}

export function useUnread({
  name,
  sinceMs,
  isSinceKept,
  entries,
  isCut,
  isOwn,
  isOpen,
  isSeen,
}: Reading): UnreadView {
  const storedName = `read:${name}`;
  const [mark, setMark] = useState<ReadUpTo>(
    () => inBrowser.read(storedName, readMark) ?? { timeMs: sinceMs },
  );
  const [newFrom, setNewFrom] = useState<number>();
  const { count, firstKey, isAllNew } = useMemo(() => unreadOf(entries, mark, isOwn), [entries, mark, isOwn]);
  // What comes while one looks is not marked; what came since the last visit is.
  const isFromBefore = mark.key === undefined && mark.position !== undefined;
  const isMarked = firstKey !== undefined && (!isSeen || isFromBefore);
  if (isMarked && newFrom !== firstKey) setNewFrom(firstKey);
  const next = isSeen ? markAt(entries, mark) : mark;
  if (next !== mark) setMark(next);
  if (!isOpen && count === 0 && newFrom !== undefined) setNewFrom(undefined);

  useEffect(() => {
    // What comes before the next visit is new then, also where nobody has looked into the room in this one.
    if (isSinceKept || inBrowser.read(storedName, readMark) !== undefined) return;
    inBrowser.keep(storedName, { timeMs: sinceMs });
  }, [storedName, sinceMs, isSinceKept]);
  const { position, timeMs } = mark;
  useEffect(() => {
    if (position !== undefined) inBrowser.keep(storedName, { position, timeMs } satisfies ReadMark);
  }, [storedName, position, timeMs]);

  return { count: isSeen ? 0 : count, isAtLeast: isCut && isAllNew, newFrom };
}

function readMark(value: unknown): ReadMark | undefined {
  if (!isFields(value) || typeof value["timeMs"] !== "number") return undefined;
  const position = textOf(value["position"]);
  return { timeMs: value["timeMs"], ...(position !== undefined && { position }) };
}
