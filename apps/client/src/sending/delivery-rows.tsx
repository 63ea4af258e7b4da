/** The page's own messages that are not in the log: on their way, or failed. */

import { isoTime, minuteTime } from "../chat/clock-time.ts";
import { deliveryText } from "./delivery-text.ts";
import type { Outgoing } from "./outbox.ts";

interface Remedies {
  /** With the same key: should it have gone out after all, it is not published twice. */
  readonly onRetry: (outgoing: Outgoing) => void;
  /** A person takes it back, to mend it. */
  readonly onEdit: (outgoing: Outgoing) => void;
  readonly onDiscard: (outgoing: Outgoing) => void;
}

interface DeliveryRowsProps extends Remedies {
  readonly outgoing: readonly Outgoing[];
  readonly isConnected: boolean;
}

export function DeliveryRows({ outgoing, isConnected, ...remedies }: DeliveryRowsProps) {
  if (outgoing.length === 0) return null;
  return (
    <ol className="rows" aria-label="Your messages that are not in the room yet">
      {outgoing.map((each) => {
        const { tone, text } = deliveryText(each, isConnected);
        return (
          <li key={each.key} className="row" data-kind="delivery" data-tone={tone}>
            <time dateTime={isoTime(each.atMs)}>{minuteTime(each.atMs)}</time>
            <div>
              <div className="payload" dir="auto">
                {each.text}
              </div>
              <p className="delivery-state">{text}</p>
              <RemedyButtons outgoing={each} {...remedies} />
            </div>
          </li>
        );
      })}
    </ol>
  );
}

function RemedyButtons({ outgoing, onRetry, onEdit, onDiscard }: Remedies & { readonly outgoing: Outgoing }) {
  switch (outgoing.state.kind) {
    case "waiting":
      return null;
    case "sent":
      // It comes back in a moment, unless it went out while nobody listened here: then the button shows.
      return (
        <p className="remedies late">
          <button type="button" className="button small" onClick={() => onDiscard(outgoing)}>
            Hide: it did not come back here
          </button>
        </p>
      );
    case "failed":
    case "interrupted":
      return (
        <p className="remedies">
          <button type="button" className="button small" onClick={() => onRetry(outgoing)}>
            Try again
          </button>
          <button type="button" className="button small" onClick={() => onEdit(outgoing)}>
            Edit
          </button>
          <button type="button" className="button small" onClick={() => onDiscard(outgoing)}>
            Discard
          </button>
        </p>
      );
    default:
      return outgoing.state satisfies never;
  }
}
