/** That the gateway has refused a channel, or taken it away, and why. */

import type { SubscriptionState } from "@tidewire/sdk";

interface EndedNoteProps {
  readonly subscription: SubscriptionState;
  readonly onListenAgain: () => void;
}

export function EndedNote({ subscription, onListenAgain }: EndedNoteProps) {
  if (subscription.kind !== "ended" || !subscription.reason) return null;
  const { message, code } = subscription.reason;
  return (
    <div className="ended" role="alert">
      <p>
        <strong>Not listening.</strong> The gateway says: {message} ({code})
      </p>
      <button type="button" className="button small" onClick={onListenAgain}>
        Listen again
      </button>
    </div>
  );
}
