/** Which of the page's own messages the channel has brought back. */

import type { ChannelEntry } from "@tidewire/sdk/react";
import { saidBy } from "../chat/log-rows.ts";
import type { Outgoing } from "./outbox.ts";

/** Of the rest a person decides, and must see them. */
const STILL_COMING = new Set<Outgoing["state"]["kind"]>(["waiting", "sent"]);

/**
 * The keys of those that are in the log. What people say has its key in it. A bare text has not: the first one with the
 * same text that came after it was written counts as it. It may be somebody else's; then the page's own comes, too.
 */
export function echoedKeys(
  outgoing: readonly Outgoing[],
  entries: readonly ChannelEntry[],
): ReadonlySet<string> {
  const echoed = new Set<string>();
  if (outgoing.length === 0) return echoed;
  const bare = outgoing.filter(({ data, state }) => typeof data === "string" && STILL_COMING.has(state.kind));
  const keys = new Set(outgoing.map(({ key }) => key));
  for (const entry of entries) {
    if (entry.kind !== "message") continue;
    const { message, key } = entry;
    const said = saidBy(message)?.said.key;
    if (said !== undefined && keys.has(said)) echoed.add(said);
    if (typeof message.data !== "string") continue;
    const match = bare.find(
      (each) => !echoed.has(each.key) && each.afterKey < key && each.data === message.data,
    );
    if (match) echoed.add(match.key);
  }
  return echoed;
}

/**
 * To be sent once more. The list may be another by then, and count from the start: its echo would seem to stand before the
 * place where it was written.
 *
 * @param lastKey of the list as it is now
 */
export function writtenAgain(outgoing: Outgoing, lastKey: number): Outgoing {
  return { ...outgoing, afterKey: Math.min(outgoing.afterKey, lastKey) };
}
