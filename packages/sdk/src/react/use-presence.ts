/** Who is on a channel, in a component. */
import type { Info } from "@tidewire/protocol";
import { useCallback, useEffect, useMemo, useSyncExternalStore } from "react";
import { presenceOf, type PresenceOptions } from "../presence/presence-of.ts";
import { type PresenceView, UNKNOWN } from "../presence/presence-view.ts";
import { PacedListeners } from "./paced-listeners.ts";
import { useTidewire } from "./tidewire-provider.ts";
import { useLatest } from "./use-latest.ts";

/** The `info` may be another object at each render: it goes out when it says something else. */
export type UsePresenceOptions = PresenceOptions;

/** All of it stays the same object while nothing has changed. */
export interface PresentView extends PresenceView {
  /** As `update` of `presenceOf(channel)`, and always the same function. */
  readonly update: (info: Info) => Promise<void>;
}

/**
 * Who is there, and that this client is, while the component is mounted. It shares the subscription of the channel, and
 * is rendered about once a frame at most.
 *
 * @throws TidewireError `bad_request` or `too_large`, when it is mounted, for an `info` that can't be one
 */
export function usePresence(
  channel: string | { readonly name: string },
  { info }: UsePresenceOptions = {},
): PresentView {
  const name = typeof channel === "string" ? channel : channel.name;
  const client = useTidewire();
  const presence = useMemo(() => presenceOf(client.channel(name)), [client, name]);
  const latest = useLatest(info);
  const subscribe = useCallback(
    (onChange: () => void) => {
      const paced = new PacedListeners();
      const leave = paced.add(onChange);
      const subscription = presence.subscribe(() => paced.call(), { info: latest.current });
      return () => {
        leave();
        // What goes and comes back in one commit, as in StrictMode, has never left.
        queueMicrotask(() => subscription.end());
      };
    },
    [presence, latest],
  );
  const view = useSyncExternalStore(
    subscribe,
    () => presence.current,
    () => UNKNOWN,
  );
  const update = useCallback((newest: Info) => presence.update(newest), [presence]);
  const json = JSON.stringify(info);
  useEffect(() => {
    // Where it is refused, `reason` says why, or it is what the application may ask for again with `update`.
    if (json !== undefined) presence.update(JSON.parse(json) as Info).catch(() => {});
  }, [presence, json]);
  return useMemo(() => ({ ...view, update }), [view, update]);
}
