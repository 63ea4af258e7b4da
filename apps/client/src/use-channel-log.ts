/** Ties one log to the life of a component, and to the client and the channel that it shows. */

import { useEffect, useState, useSyncExternalStore } from "react";
import { ChannelLog, type LogClient, type LogSnapshot } from "./channel-log.ts";
import { newKey } from "./new-key.ts";
import { nextFrame } from "./next-frame.ts";

export function useChannelLog(client: LogClient, channel: string): ChannelLog {
  const [log] = useState(() => new ChannelLog({ nextFrame, newKey, nowMs: () => Date.now() }));
  useEffect(() => {
    log.open(client, channel);
    return () => log.close();
  }, [log, client, channel]);
  return log;
}

/** Re-renders only when this part of it changes. */
export function useLogPart<Part extends keyof LogSnapshot>(log: ChannelLog, part: Part): LogSnapshot[Part] {
  return useSyncExternalStore(log.subscribe, () => log.getSnapshot()[part]);
}
