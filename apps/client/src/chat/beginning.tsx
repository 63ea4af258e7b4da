/** The top of the log: what is older, or that nothing is. */

import type { SubscriptionState, TidewireError } from "@tidewire/sdk";

interface BeginningProps {
  readonly subscription: SubscriptionState;
  readonly hasOlder: boolean;
  readonly isLoading: boolean;
  readonly fault: TidewireError | undefined;
  readonly onLoad: () => void;
}

export function Beginning({ subscription, hasOlder, isLoading, fault, onLoad }: BeginningProps) {
  if (subscription.kind !== "subscribed") return null;
  if (!subscription.resumable) {
    return (
      <p className="beginning">
        Nothing older is kept: the operator’s rule for this channel has no <code>history</code>.
      </p>
    );
  }
  if (!hasOlder) return <p className="beginning">This is the beginning of what is kept.</p>;
  return (
    <p className="beginning">
      {fault && <span className="fault">Older messages did not come: {fault.message} </span>}
      {/* Never disabled, so that it keeps the focus while they are on their way. */}
      <button type="button" className="button small" onClick={onLoad}>
        {isLoading ? "Loading…" : "Load older messages"}
      </button>
    </p>
  );
}
