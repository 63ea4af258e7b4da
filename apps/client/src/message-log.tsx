/** The live log: the newest entry at the bottom, in view unless the person scrolled away. */

import type { ReactNode } from "react";
import type { ChannelLog } from "./channel-log.ts";
import type { Delivery } from "./deliveries.ts";
import { DeliveryRows } from "./delivery-rows.tsx";
import type { LogView } from "./log-buffer.ts";
import { LogRow } from "./log-row.tsx";
import { useLogPart } from "./use-channel-log.ts";
import { useStickToBottom } from "./use-stick-to-bottom.ts";

interface MessageLogProps {
  readonly log: ChannelLog;
  readonly channel: string;
  readonly isConnected: boolean;
  /** Stands above the log, beside its own controls. */
  readonly toolbar: ReactNode;
  /** Stands in for the messages while there are none. */
  readonly emptyState: ReactNode;
  /** A person takes one of their own messages back, to mend it. */
  readonly onEdit: (delivery: Delivery) => void;
}

export function MessageLog({ log, channel, isConnected, toolbar, emptyState, onEdit }: MessageLogProps) {
  const view = useLogPart(log, "log");
  const isEmpty = useLogPart(log, "deliveries").length === 0 && view.received === 0;
  const { box, unseen, onScroll, stick, unstick } = useStickToBottom(view.received);
  const clear = () => {
    log.clear();
    stick();
  };
  const jump = () => {
    stick();
    // The button vanishes with what it counted; the focus goes on where its work is seen.
    box.current?.focus();
  };
  return (
    <div className="log">
      <div className="log-head">
        {toolbar}
        <div className="log-controls">
          <h2 id="log-heading" className="visually-hidden">
            Live log
          </h2>
          <p className="log-count">{countText(view)}</p>
          <button type="button" className="button quiet" onClick={clear}>
            Clear
          </button>
        </div>
      </div>
      <div className="log-frame">
        {/* What scrolls must take the focus, or the keyboard alone could not scroll it. */}
        {/* oxlint-disable jsx-a11y/no-noninteractive-tabindex */}
        <section ref={box} className="log-box" aria-labelledby="log-heading" tabIndex={0} onScroll={onScroll}>
          <div role="log" aria-live="polite" aria-labelledby="log-heading">
            <ol className="rows">
              {view.entries.map((entry) => (
                <LogRow key={entry.id} entry={entry} onExpand={unstick} />
              ))}
            </ol>
          </div>
          <DeliveryRows log={log} channel={channel} isConnected={isConnected} onEdit={onEdit} />
          {isEmpty && emptyState}
        </section>
        {/* oxlint-enable jsx-a11y/no-noninteractive-tabindex */}
        {unseen > 0 && (
          <button type="button" className="button primary jump" onClick={jump}>
            {grouped(unseen)} new {unseen === 1 ? "message" : "messages"} ↓
          </button>
        )}
      </div>
    </div>
  );
}

function countText({ received, dropped, entries }: LogView): string {
  const count = `${grouped(received)} ${received === 1 ? "message" : "messages"}`;
  if (dropped === 0) return count;
  return `${count}: latest ${entries.length} shown, ${grouped(dropped)} older dropped`;
}

function grouped(count: number): string {
  return count.toLocaleString("en-GB");
}
