/** The conversations of one person, kept in this browser. */

import { useCallback, useMemo, useState } from "react";
import { listOf } from "../fields.ts";
import { keepValue, keptValue } from "../kept-values.ts";
import { type Conversation, readConversation } from "./conversation.ts";

const MAX_CONVERSATIONS = 50;

export interface ConversationList {
  readonly conversations: readonly Conversation[];
  /** One that is known stays, under the newest name. */
  readonly add: (conversation: Conversation) => void;
  readonly remove: (channel: string) => void;
}

/** @param id whose they are */
export function useConversations(id: string): ConversationList {
  const name = `conversations:${id}`;
  // Those of another person, once it is known who is here, are read anew.
  const [byName, setByName] = useState<Readonly<Record<string, readonly Conversation[]>>>({});
  const kept = useMemo(() => keptValue(name, listOf(readConversation)) ?? [], [name]);
  const conversations = byName[name] ?? kept;
  const change = useCallback(
    (next: (list: readonly Conversation[]) => readonly Conversation[]) =>
      setByName((all) => {
        const list = next(all[name] ?? kept);
        keepValue(name, list);
        return { ...all, [name]: list };
      }),
    [name, kept],
  );
  const add = useCallback((added: Conversation) => change((list) => withConversation(list, added)), [change]);
  const remove = useCallback(
    (channel: string) => change((list) => list.filter((each) => each.channel !== channel)),
    [change],
  );
  return { conversations, add, remove };
}

export function withConversation(
  list: readonly Conversation[],
  added: Conversation,
): readonly Conversation[] {
  const known = list.find(({ channel }) => channel === added.channel);
  if (!known) return [...list, added].slice(-MAX_CONVERSATIONS);
  if (known.name === added.name) return list;
  return list.map((each) => (each === known ? { ...known, name: added.name } : each));
}
