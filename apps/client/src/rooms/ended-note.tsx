/** That the gateway has refused a channel, or taken it away, and why. */

import type { SubscriptionState, TidewireError } from "@tidewire/sdk";
import { useFocusKept } from "../focus/use-focus-kept.ts";

interface EndedNoteProps {
  readonly subscription: SubscriptionState;
  readonly onListenAgain: () => void;
}

export function EndedNote({ subscription, onListenAgain }: EndedNoteProps) {
  if (subscription.kind !== "ended" || !subscription.reason) return null;
  return <Ended reason={subscription.reason} onListenAgain={onListenAgain} />;
}

interface EndedProps extends Pick<EndedNoteProps, "onListenAgain"> {
  readonly reason: TidewireError;
}

function Ended({ reason: { message, code }, onListenAgain }: EndedProps) {
  const button = useFocusKept();
  return (
    <div className="ended" role="alert">
      <p>
        <strong>Not listening.</strong> The gateway says: {message} ({code})
      </p>
      <button ref={button} type="button" className="button small" onClick={onListenAgain}>
        Listen again
      </button>
    </div>
  );
}
