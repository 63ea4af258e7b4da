/** The top of the log: what is older, or that nothing is. */

import type { TidewireError } from "@tidewire/sdk";
import type { ChannelView } from "@tidewire/sdk/react";

interface BeginningProps {
  readonly view: ChannelView;
  readonly fault: TidewireError | undefined;
  readonly onLoad: () => void;
}

export function Beginning({ view, fault, onLoad }: BeginningProps) {
  const { state: subscription, hasOlder, isLoading } = view;
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
