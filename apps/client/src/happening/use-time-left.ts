/** Counts the wait for the next try down, each second. */

import { useEffect, useState } from "react";
import type { ConnectionState } from "@tidewire/sdk";

const TICK_MS = 1_000;

/** In milliseconds; 0 where nothing is waited for. */
export function useTimeLeft(state: ConnectionState): number {
  const waitMs = state.kind === "waiting" ? state.retryInMs : 0;
  const [left, setLeft] = useState({ state, ms: waitMs });
  useEffect(() => {
    if (waitMs === 0) return undefined;
    const endsAtMs = performance.now() + waitMs;
    const timer = setInterval(() => setLeft({ state, ms: endsAtMs - performance.now() }), TICK_MS);
    return () => clearInterval(timer);
  }, [state, waitMs]);
  return left.state === state ? left.ms : waitMs;
}
