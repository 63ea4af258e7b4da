/** The state of the connection, for a component to show. */
import { useCallback, useSyncExternalStore } from "react";
import type { ConnectionState } from "../connection-state.ts";
import type { Tidewire } from "../tidewire.ts";
import { useTidewire } from "./tidewire-provider.ts";

/** One for all clients, so that the first state of a page is the one that the server has rendered. */
const CONNECTING: ConnectionState = { kind: "connecting" };

/** Renders anew at each change. On a server, and before the provider is mounted: `connecting`. */
export function useConnection(): ConnectionState {
  const client = useTidewire();
  const subscribe = useCallback((onChange: () => void) => client.onState(onChange), [client]);
  return useSyncExternalStore(
    subscribe,
    () => stateOf(client),
    () => CONNECTING,
  );
}

function stateOf({ state }: Tidewire): ConnectionState {
  return state.kind === "connecting" ? CONNECTING : state;
}
