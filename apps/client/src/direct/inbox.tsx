/** Hears of conversations that others begin. It shows nothing but what speaks against that. */

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
  const { state } = useChannel(inbox(encodedId(self.id)), {
    last: KEPT,
    limit: KEPT,
    onMessage: ({ data, sender, time }) => {
      const invited = invitedTo(data, sender, self);
      // The message that it announces came right after it.
      if (invited) onInvited({ ...invited, sinceMs: time - 1, invitedMs: time, isLeft: false, isOwn: false });
    },
    // Anybody may write anything there; nobody need hear of it.
    onInvalid: () => {},
  });
  switch (state.kind) {
    case "subscribing":
      return null;
    case "subscribed":
      return state.resumable ? null : (
        <p className="aside-note">
          Others can begin to write to you only while this page is open: the operator’s rule for{" "}
          <code>inbox:*</code> has no <code>history</code>.
        </p>
      );
    case "ended":
      return state.reason ? (
        <p className="aside-note">
          Nobody can begin to write to you here. The gateway says: {state.reason.message} ({state.reason.code}
          )
        </p>
      ) : null;
    default:
      return state satisfies never;
  }
}
