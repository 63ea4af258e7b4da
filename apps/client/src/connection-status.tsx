/** Says whether the page is connected, why not, and what happens next. */

import { useEffect, useState } from "react";
import type { ConnectionState } from "./connection-state.ts";
import type { ConnectionText } from "./connection-text.ts";

interface ConnectionStatusProps {
  readonly state: ConnectionState;
  readonly text: ConnectionText;
  readonly onTryNow: () => void;
}

export function ConnectionStatus({ state, text, onTryNow }: ConnectionStatusProps) {
  return (
    <div className="status" data-tone={text.tone}>
      {/* An <output> would be the result of a form's fields, which this is not. */}
      {/* oxlint-disable-next-line jsx-a11y/prefer-tag-over-role */}
      <div className="status-words" role="status">
        <strong className="status-title">{text.title}</strong>
        <span className="status-detail">{text.detail}</span>
      </div>
      <NextTry state={state} onTryNow={onTryNow} />
    </div>
  );
}

/** Outside the status region: a countdown that is read out each second helps nobody. */
function NextTry({ state, onTryNow }: Omit<ConnectionStatusProps, "text">) {
  const isTrying = state.kind === "connecting" && state.failure !== undefined;
  const isOffered =
    isTrying ||
    state.kind === "waiting" ||
    state.kind === "offline" ||
    (state.kind === "stopped" && state.canRetry);
  if (!isOffered) return null;
  return (
    <div className="status-next">
      {state.kind === "waiting" && <Countdown untilMs={state.retryAtMs} />}
      {isTrying && <span className="countdown">Trying now…</span>}
      {/* Never disabled, so that it keeps the focus from one try to the next. */}
      <button type="button" className="button" onClick={onTryNow}>
        {state.kind === "stopped" ? "Try again" : "Try now"}
      </button>
    </div>
  );
}

function Countdown({ untilMs }: { readonly untilMs: number }) {
  const [nowMs, setNowMs] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNowMs(Date.now()), 250);
    return () => clearInterval(timer);
  }, []);
  const seconds = Math.ceil((untilMs - nowMs) / 1000);
  const when = seconds <= 1 ? "in a moment" : `in ${seconds} s`;
  return <span className="countdown">Next try {when}</span>;
}
