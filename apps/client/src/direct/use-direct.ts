/** The conversations of the person in front of the page, and how one begins. */

import { useCallback, useEffect } from "react";
import { friendlyName } from "../self/friendly-name.ts";
import type { KnownSelf } from "../self/use-self.ts";
import type { Person } from "../people/people.ts";
import { directChannel, otherOf } from "./direct-channel.ts";
import { type ConversationList, useConversations } from "./use-conversations.ts";

export interface Direct extends ConversationList {
  /** Opens the conversation with that person. */
  readonly onWrite: (person: Pick<Person, "id" | "name">) => void;
}

/** @param open the channel that is open: a conversation that its address names goes on the list, too */
export function useDirect(
  { self, isKnown }: KnownSelf,
  open: string,
  onOpen: (channel: string) => void,
): Direct {
  const list = useConversations(self.id);
  const { conversations, add } = list;
  const other = isKnown ? otherOf(open, self.id) : undefined;
  const isListed = conversations.some(({ channel }) => channel === open);
  useEffect(() => {
    if (other === undefined || isListed) return;
    const name = self.user === undefined ? friendlyName(other) : other;
    add({ channel: open, id: other, name, ...begunNow() });
  }, [other, isListed, open, self.user, add]);

  const onWrite = useCallback(
    ({ id, name }: Pick<Person, "id" | "name">) => {
      const channel = id === undefined ? undefined : directChannel(self.id, id);
      if (id === undefined || channel === undefined) return;
      add({ channel, id, name, ...begunNow() });
      onOpen(channel);
    },
    [self.id, add, onOpen],
  );
  return { ...list, onWrite };
}

function begunNow() {
  return { sinceMs: Date.now(), invitedMs: 0, isLeft: false, isOwn: true };
}
