/** The connection's state for React. It changes with the connection, and not with each message. */

import { useCallback, useSyncExternalStore } from "react";
import type { ConnectionState, Tidewire } from "@tidewire/sdk";

export function useConnection(client: Pick<Tidewire, "onState" | "state">): ConnectionState {
  const subscribe = useCallback((listener: () => void) => client.onState(listener), [client]);
  return useSyncExternalStore(subscribe, () => client.state);
}
