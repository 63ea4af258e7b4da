/** Ties one socket store to the life of a component and to the page's surroundings. */

import { useEffect, useState, useSyncExternalStore } from "react";
import { channelFault } from "@tidewire/protocol";
import type { ConnectionState } from "./connection-state.ts";
import type { LogView } from "./log-buffer.ts";
import { browserEnvironment } from "./socket-environment.ts";
import { SocketStore } from "./socket-store.ts";

export function useSocket(channel: string, url: string): SocketStore {
  const [store] = useState(() => new SocketStore(browserEnvironment()));

  useEffect(() => {
    // A name typed into the address bar has not been through the form's check.
    const fault = channelFault(channel);
    if (fault === undefined) store.open({ channel, url });
    else store.halt({ title: "Not a channel", detail: fault });
    return () => store.close();
  }, [store, channel, url]);

  useEffect(() => {
    const listening = new AbortController();
    const { signal } = listening;
    const onVisibilityChange = () => {
      if (document.visibilityState === "visible") store.onSurroundingsChange();
    };
    window.addEventListener("online", store.onSurroundingsChange, { signal });
    window.addEventListener("offline", store.onSurroundingsChange, { signal });
    document.addEventListener("visibilitychange", onVisibilityChange, { signal });
    return () => listening.abort();
  }, [store]);

  return store;
}

/** Re-renders when the connection's state changes, not for each message. */
export function useConnectionState(store: SocketStore): ConnectionState {
  return useSyncExternalStore(store.subscribe, () => store.getSnapshot().state);
}

export function useLogView(store: SocketStore): LogView {
  return useSyncExternalStore(store.subscribe, () => store.getSnapshot().log);
}
