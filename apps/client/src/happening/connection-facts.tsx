/** Which connection this is, since when, and how far away the gateway is. */

import type { ReactNode } from "react";
import type { ConnectionState } from "@tidewire/sdk";
import { useConnection } from "@tidewire/sdk/react";
import { clockTime, isoTime } from "../chat/clock-time.ts";
import type { RoundTripView } from "./round-trips.ts";
import { stateWords } from "./state-words.ts";
import type { TapView } from "./tap.ts";
import { useTimeLeft } from "./use-time-left.ts";

interface ConnectionFactsProps {
  readonly view: TapView;
  readonly onMeasure: () => void;
}

export function ConnectionFacts({ view, onMeasure }: ConnectionFactsProps) {
  const state = useConnection();
  return (
    <dl className="facts">
      <State state={state} />
      {state.kind === "connected" && (
        <>
          <Fact name="Gateway">
            <code>{state.connection.gateway}</code>
          </Fact>
          <Fact name="Connection">
            <code>{state.connection.id}</code>
          </Fact>
          {state.connection.user !== undefined && <Fact name="User">{state.connection.user}</Fact>}
          {view.connectedAtMs !== undefined && <Since atMs={view.connectedAtMs} />}
        </>
      )}
      <Fact name="Round trip">
        <span>{roundTripText(view.roundTrip)}</span>
        {/* Never disabled, so that it keeps the focus; without a session it does nothing. */}
        <button
          type="button"
          className="button small"
          aria-disabled={view.connectedAtMs === undefined}
          onClick={onMeasure}
        >
          Measure
        </button>
      </Fact>
    </dl>
  );
}

function State({ state }: { readonly state: ConnectionState }) {
  const { tone, text } = stateWords(state, useTimeLeft(state));
  return (
    <Fact name="State">
      <strong className="fact-state" data-tone={tone}>
        {text}
      </strong>
    </Fact>
  );
}

function Since({ atMs }: { readonly atMs: number }) {
  return (
    <Fact name="Since">
      <time dateTime={isoTime(atMs)}>{clockTime(atMs).slice(0, "00:00:00".length)}</time>
    </Fact>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <div className="fact">
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function roundTripText({ newestMs, medianMs, count }: RoundTripView): string {
  if (newestMs === undefined || medianMs === undefined) return "not measured yet";
  return `${inMs(newestMs)}, median ${inMs(medianMs)} of ${count}`;
}

function inMs(ms: number): string {
  return `${ms < 100 ? ms.toFixed(1) : Math.round(ms)} ms`;
}
