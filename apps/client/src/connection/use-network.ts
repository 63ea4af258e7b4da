/** Whether the device says that it has a network. It may be wrong either way: a gateway on this machine needs none. */

import { useSyncExternalStore } from "react";

export function useNetwork(): boolean {
  return useSyncExternalStore(listen, () => navigator.onLine);
}

function listen(listener: () => void): () => void {
  const listening = new AbortController();
  const { signal } = listening;
  window.addEventListener("online", listener, { signal });
  window.addEventListener("offline", listener, { signal });
  return () => listening.abort();
}
