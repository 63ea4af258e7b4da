/** Hears of conversations that others begin. It shows nothing. */

import { useChannel } from "@tidewire/sdk/react";
import type { Self } from "../self/self.ts";
import { type Conversation, inbox, invitedTo } from "./conversation.ts";
import { encodedId } from "./direct-channel.ts";

/** What came while the page was away, where inboxes are kept. */
const KEPT = 100;

interface InboxProps {
  readonly self: Self;
  readonly onInvited: (conversation: Conversation) => void;
}

export function Inbox({ self, onInvited }: InboxProps) {
  useChannel(inbox(encodedId(self.id)), {
    last: KEPT,
    limit: KEPT,
    onMessage: ({ data, sender, time }) => {
      const invited = invitedTo(data, sender, self);
      // The message that it announces came right after it.
      if (invited) onInvited({ ...invited, sinceMs: time - 1 });
    },
    // Anybody may write anything there; nobody need hear of it.
    onInvalid: () => {},
  });
  return null;
}
