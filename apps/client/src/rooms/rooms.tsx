/** All that are in the list, each listening, and the one that is open shown. */

import { type Conversation, conversationOn } from "../direct/conversation.ts";
import { Room } from "./room.tsx";

interface RoomsProps {
  readonly rooms: readonly string[];
  readonly conversations: readonly Conversation[];
  /** The channel of the one that is. */
  readonly open: string;
}

export function Rooms({ rooms, conversations, open }: RoomsProps) {
  // The open one may be on neither list: the address can name a conversation before it is known whose it is.
  const channels = new Set([...rooms, ...conversations.map(({ channel }) => channel), open]);
  return [...channels].map((channel) => (
    <Room
      key={channel}
      channel={channel}
      isOpen={channel === open}
      conversation={conversationOn(channel, conversations)}
    />
  ));
}
