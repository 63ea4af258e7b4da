/** The page's own messages on one channel that are not in its log yet. */

import { useEffect, useMemo, useSyncExternalStore } from "react";
import type { ChannelEntry } from "@tidewire/sdk/react";
import { echoedKeys } from "./echoes.ts";
import type { Outbox, Outgoing } from "./outbox.ts";

interface Place {
  readonly channel: string;
  /** Who has signed in. */
  readonly user: string | undefined;
  readonly entries: readonly ChannelEntry[];
}

export function useOutgoing(outbox: Outbox, { channel, user, entries }: Place): readonly Outgoing[] {
  const all = useSyncExternalStore(outbox.subscribe, outbox.getSnapshot);
  const here = useMemo(
    () => all.filter((each) => each.channel === channel && (each.user ?? user) === user),
    [all, channel, user],
  );
  const echoed = useMemo(() => echoedKeys(here, entries), [here, entries]);
  useEffect(() => {
    // One that still waits for its acknowledgement may yet fail, though a message with its text has come.
    outbox.remove(
      here.filter(({ key, state }) => echoed.has(key) && state.kind !== "waiting").map(({ key }) => key),
    );
  }, [outbox, here, echoed]);
  return useMemo(() => here.filter(({ key }) => !echoed.has(key)), [here, echoed]);
}
