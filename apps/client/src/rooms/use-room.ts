/** All that happens in one room, while it is in the list. */

import { useCallback, useEffect, useEffectEvent, useMemo, useState } from "react";
import { type ChannelEntry, useChannel, usePresence } from "@tidewire/sdk/react";
import { saidBy, sharedNames } from "../chat/log-rows.ts";
import { usePage } from "../page-context.ts";
import { peopleOf } from "../people/people.ts";
import { presenceInfo } from "../people/presence-info.ts";
import { useMoveNotes } from "../people/use-move-notes.ts";
import { personKey } from "../self/self.ts";
import { useOutgoing } from "../sending/use-outgoing.ts";
import { useTypingElsewhere } from "../sending/use-typing-elsewhere.ts";
import { useTyping } from "../sending/use-typing.ts";
import type { RoomProps } from "./room.tsx";
import { roomKind } from "./room-kind.ts";
import { useUnread } from "./use-unread.ts";

const SHOWN_AT_OPENING = 50;
const SHOWN_AT_MOST = 500;

export type RoomState = ReturnType<typeof useRoom>;

export function useRoom({ channel, isOpen, conversation }: RoomProps) {
  const { self, outbox, isVisible, openedAtMs } = usePage();
  const kind = roomKind(channel, self.user);
  const typing = useTyping();
  const [isAtBottom, setIsAtBottom] = useState(false);
  const selfKey = personKey({ user: self.user, id: self.id });

  // The page's own messages come back, whatever the channel's rule says: what is in the log is in the channel.
  const view = useChannel(channel, { last: SHOWN_AT_OPENING, limit: SHOWN_AT_MOST, echo: true });
  const [isTypingElsewhere, setIsTypingElsewhere] = useState(false);
  const isDenied = useTypingElsewhere(isTypingElsewhere && !typing.isTyping);
  const says = typing.isTyping || (isDenied ? false : undefined);
  const presence = usePresence(channel, { info: presenceInfo(self, says) });
  const { entries } = view;

  const { members, isCurrent } = presence;
  const people = useMemo(() => members && peopleOf(members, selfKey), [members, selfKey]);
  const isSelfTyping = people?.some(
    ({ key, isVerified, isTyping }) => isVerified && key === selfKey && isTyping,
  );
  if (isTypingElsewhere !== (isSelfTyping === true)) setIsTypingElsewhere(isSelfTyping === true);
  const twins = useMemo(() => twinsOf(entries, people ?? []), [entries, people]);
  const lastKey = entries.at(-1)?.key ?? 0;
  const notes = useMoveNotes({ people: isCurrent ? people : undefined, selfKey, lastKey });

  const outgoing = useOutgoing(outbox, { channel, user: self.user, entries });
  const isOwn = useCallback(
    (entry: ChannelEntry) => entry.kind === "message" && authorKey(entry) === selfKey,
    [selfKey],
  );
  const isCut = view.hasOlder || entries.length >= SHOWN_AT_MOST;
  const isSeen = isOpen && isAtBottom && isVisible;
  const sinceMs = conversation?.sinceMs ?? openedAtMs;
  const name = `${self.id}:${channel}`;
  const isSinceKept = conversation !== undefined;
  const unread = useUnread({ name, sinceMs, isSinceKept, entries, isCut, isOwn, isOpen, isSeen });
  useUnreadSignals({ channel, count: unread.count, otherName: conversation?.name, entries, isOwn });

  return {
    kind,
    selfKey,
    view,
    presence,
    people,
    twins,
    notes,
    outgoing,
    isOwn,
    typing,
    unread,
    lastKey,
    isAtBottom,
    setIsAtBottom,
  };
}

interface Signalled {
  readonly channel: string;
  /** How much is new. */
  readonly count: number;
  /** Of a conversation. */
  readonly otherName: string | undefined;
  readonly entries: readonly ChannelEntry[];
  readonly isOwn: (entry: ChannelEntry) => boolean;
}

/** The page around counts what is new, and is told of what one of two has written. */
function useUnreadSignals({ channel, count, otherName, entries, isOwn }: Signalled): void {
  const { onUnread, onAlert } = usePage();
  const newest = entries.findLast((entry) => entry.kind === "message" && !isOwn(entry));
  const text = newest?.kind === "message" ? (saidBy(newest.message)?.said.text ?? "a message") : "";
  useEffect(() => {
    onUnread(channel, count);
    return () => onUnread(channel, 0);
  }, [onUnread, channel, count]);
  const newestKey = count === 0 ? undefined : newest?.key;
  // Once for each message, whatever the other is called later.
  const alert = useEffectEvent(() => {
    if (otherName !== undefined) onAlert({ channel, name: otherName, text });
  });
  useEffect(() => {
    if (newestKey !== undefined) alert();
  }, [newestKey]);
}

function authorKey({ message }: Extract<ChannelEntry, { readonly kind: "message" }>): string | undefined {
  const said = saidBy(message)?.author.key;
  return said ?? (message.sender === undefined ? undefined : personKey({ user: message.sender }));
}

/** Of those who are here, and those who have spoken. */
function twinsOf(
  entries: readonly ChannelEntry[],
  people: Parameters<typeof sharedNames>[0],
): ReadonlySet<string> {
  const authors = entries.flatMap((entry) => {
    const author = entry.kind === "message" ? saidBy(entry.message)?.author : undefined;
    return author ? [author] : [];
  });
  return sharedNames([...people, ...authors]);
}
