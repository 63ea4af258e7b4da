/** Says whether the page is connected, why not, and what happens next. */

import { type ReactNode, useEffect, useState } from "react";
import type { ConnectionState } from "@tidewire/sdk";
import type { ConnectionText } from "./connection-text.ts";
import { useFocusKept } from "../focus/use-focus-kept.ts";
import type { Outlook } from "./outlook.ts";

export interface ConnectionActions {
  /** Ends the wait for the next try. */
  readonly onTryNow: () => void;
  /** With a new client, since the old one has stopped. */
  readonly onConnectAgain: () => void;
}

interface ConnectionStatusProps extends ConnectionActions {
  readonly outlook: Outlook;
  readonly text: ConnectionText;
}

export function ConnectionStatus({ text, ...next }: ConnectionStatusProps) {
  return (
    <div className="status" data-tone={text.tone}>
      {/* An <output> would be the result of a form's fields, which this is not. */}
      {/* oxlint-disable-next-line jsx-a11y/prefer-tag-over-role */}
      <div className="status-words" role="status">
        <strong className="status-title">{text.title}</strong>
        <span className="status-detail">{text.detail}</span>
      </div>
      <NextStep {...next} />
    </div>
  );
}

/** Outside the status region: a countdown that is read out each second helps nobody. */
function NextStep({ outlook, ...actions }: Omit<ConnectionStatusProps, "text">) {
  const { state, failure } = outlook;
  switch (state.kind) {
    case "waiting":
    case "connecting": {
      if (!failure) return null;
      return (
        <div className="status-next">
          {state.kind === "waiting" ? (
            <Countdown state={state} />
          ) : (
            <span className="countdown">Trying now…</span>
          )}
          {/* Never disabled, so that it keeps the focus from one try to the next. */}
          <StepButton onClick={actions.onTryNow}>Try now</StepButton>
        </div>
      );
    }
    case "stopped":
      return (
        <div className="status-next">
          <StepButton onClick={actions.onConnectAgain}>Connect again</StepButton>
        </div>
      );
    case "connected":
    case "closed":
      return null;
    default:
      return state satisfies never;
  }
}

interface StepButtonProps {
  readonly onClick: () => void;
  readonly children: ReactNode;
}

function StepButton({ onClick, children }: StepButtonProps) {
  const button = useFocusKept();
  return (
    <button ref={button} type="button" className="button" onClick={onClick}>
      {children}
    </button>
  );
}

const TICK_MS = 250;

function Countdown({ state }: { readonly state: Extract<ConnectionState, { readonly kind: "waiting" }> }) {
  const [leftMs, setLeftMs] = useState(state.retryInMs);
  useEffect(() => {
    const endsAtMs = performance.now() + state.retryInMs;
    const tick = () => setLeftMs(endsAtMs - performance.now());
    const timer = setInterval(tick, TICK_MS);
    return () => clearInterval(timer);
  }, [state]);
  const seconds = Math.ceil(leftMs / 1_000);
  const when = seconds <= 1 ? "in a moment" : `in ${seconds} s`;
  return <span className="countdown">Next try {when}</span>;
}
