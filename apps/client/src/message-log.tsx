/** The live log: the newest entry at the bottom, in view unless the person scrolled away. */

import type { ReactNode } from "react";
import type { LogView } from "./log-buffer.ts";
import { LogRow } from "./log-row.tsx";
import type { SocketStore } from "./socket-store.ts";
import { useStickToBottom } from "./use-stick-to-bottom.ts";
import { useLogView } from "./use-socket.ts";

interface MessageLogProps {
  readonly store: SocketStore;
  /** Stands above the log, beside its own controls. */
  readonly toolbar: ReactNode;
  /** Stands in for the messages while there are none. */
  readonly emptyState: ReactNode;
}

export function MessageLog({ store, toolbar, emptyState }: MessageLogProps) {
  const view = useLogView(store);
  const { box, unseen, onScroll, stick, unstick } = useStickToBottom(view.received);
  const clear = () => {
    store.clearLog();
    stick();
  };
  const jump = () => {
    stick();
    // The button vanishes with what it counted; the focus goes on where its work is seen.
    box.current?.focus();
  };
  return (
    <section className="log" aria-labelledby="log-heading">
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
        <div
          ref={box}
          className="log-box"
          role="log"
          aria-live="polite"
          aria-labelledby="log-heading"
          tabIndex={0}
          onScroll={onScroll}
        >
          <ol className="rows">
            {view.entries.map((entry) => (
              <LogRow key={entry.id} entry={entry} onExpand={unstick} />
            ))}
          </ol>
          {view.received === 0 && emptyState}
        </div>
        {/* oxlint-enable jsx-a11y/no-noninteractive-tabindex */}
        {unseen > 0 && (
          <button type="button" className="button primary jump" onClick={jump}>
            {grouped(unseen)} new {unseen === 1 ? "message" : "messages"} ↓
          </button>
        )}
      </div>
    </section>
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
