/** The page's own publications that the channel has not brought back: on their way, or failed. */

import type { ChannelLog } from "./channel-log.ts";
import { clockTime } from "./clock-time.ts";
import type { Delivery } from "./deliveries.ts";
import { deliveryText } from "./delivery-text.ts";
import { useLogPart } from "./use-channel-log.ts";

interface DeliveryRowsProps {
  readonly log: ChannelLog;
  /** The one that is listened to. */
  readonly channel: string;
  readonly isConnected: boolean;
  /** A person takes one back, to mend it. */
  readonly onEdit: (delivery: Delivery) => void;
}

export function DeliveryRows({ log, channel, isConnected, onEdit }: DeliveryRowsProps) {
  const deliveries = useLogPart(log, "deliveries");
  if (deliveries.length === 0) return null;
  return (
    <ol className="rows" aria-label="Your messages that are not in the channel yet">
      {deliveries.map((delivery) => {
        const { tone, text } = deliveryText(delivery, isConnected);
        const elsewhere = delivery.channel === channel ? "" : `, for “${delivery.channel}”`;
        return (
          <li key={delivery.id} className="row" data-kind="delivery" data-tone={tone}>
            <time dateTime={new Date(delivery.atMs).toISOString()}>{clockTime(delivery.atMs)}</time>
            <div>
              <div className="payload" dir="auto">
                {delivery.text}
              </div>
              <p className="delivery-state">
                {text}
                {elsewhere}
              </p>
              {delivery.state.kind === "failed" && <Remedies log={log} delivery={delivery} onEdit={onEdit} />}
            </div>
          </li>
        );
      })}
    </ol>
  );
}

interface RemediesProps extends Pick<DeliveryRowsProps, "log" | "onEdit"> {
  readonly delivery: Delivery;
}

function Remedies({ log, delivery, onEdit }: RemediesProps) {
  const edit = () => {
    log.discard(delivery);
    onEdit(delivery);
  };
  return (
    <p className="remedies">
      <button type="button" className="button small" onClick={() => log.publishAgain(delivery)}>
        Send again
      </button>
      <button type="button" className="button small" onClick={edit}>
        Edit
      </button>
      <button type="button" className="button small" onClick={() => log.discard(delivery)}>
        Discard
      </button>
    </p>
  );
}
