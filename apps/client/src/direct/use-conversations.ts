/** The conversations of one person, kept in this browser. */

import { useCallback, useEffect, useMemo, useState } from "react";
import { listOf } from "../fields.ts";
import { inBrowser } from "../kept-values.ts";
import { type Conversation, readConversation, withConversation } from "./conversation.ts";

export interface ConversationList {
  readonly conversations: readonly Conversation[];
  /** @param conversation as {@link withConversation} takes it */
  readonly add: (conversation: Conversation) => void;
  readonly remove: (channel: string) => void;
}

/** @param id whose they are */
export function useConversations(id: string): ConversationList {
  const name = `conversations:${id}`;
  // Those of another person, once it is known who is here, are read anew.
  const [byName, setByName] = useState<Readonly<Record<string, readonly Conversation[]>>>({});
  const kept = useMemo(() => inBrowser.read(name, listOf(readConversation)) ?? [], [name]);
  const all = byName[name] ?? kept;
  const conversations = useMemo(() => all.filter(({ isLeft }) => !isLeft), [all]);
  const change = useCallback(
    (next: (list: readonly Conversation[]) => readonly Conversation[]) =>
      setByName((lists) => {
        // Another tab may have kept more meanwhile.
        const list = next(inBrowser.read(name, listOf(readConversation)) ?? lists[name] ?? kept);
        inBrowser.keep(name, list);
        return { ...lists, [name]: list };
      }),
    [name, kept],
  );
  useEffect(
    () =>
      inBrowser.onKeptElsewhere(name, listOf(readConversation), (list) =>
        setByName((lists) => ({ ...lists, [name]: list })),
      ),
    [name],
  );
  const add = useCallback((added: Conversation) => change((list) => withConversation(list, added)), [change]);
  const remove = useCallback(
    (channel: string) =>
      change((list) => list.map((each) => (each.channel === channel ? { ...each, isLeft: true } : each))),
    [change],
  );
  return { conversations, add, remove };
}
