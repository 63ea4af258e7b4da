/** What a channel is to this page, by its name. */

import { channelFault } from "@tidewire/protocol";

/**
 * - `people`: a room where people talk; messages are objects that say who speaks.
 * - `direct`: the same, for two.
 * - `open`: any other channel: what is published is shown as it is, and what is written is sent as a bare text.
 */
export type RoomKind = "people" | "direct" | "open";

export const LOBBY = "chat:lobby";
const PEOPLE_PREFIX = "chat:";

export function roomKind(channel: string): RoomKind {
  if (channel.startsWith(PEOPLE_PREFIX)) return "people";
  return channel.startsWith("dm:") ? "direct" : "open";
}

/** The name by which people know it. */
export function roomTitle(channel: string): string {
  return channel.startsWith(PEOPLE_PREFIX) ? channel.slice(PEOPLE_PREFIX.length) : channel;
}

/** What somebody means who types this: with a colon in it, it names a channel; without one, a room of people. */
export function channelMeant(typed: string, known: readonly string[]): string {
  const name = typed.trim();
  return name === "" || name.includes(":") || known.includes(name) ? name : PEOPLE_PREFIX + name;
}

/** Why there can't be such a room, as a sentence. */
export function roomFault(typed: string, known: readonly string[]): string | undefined {
  return typed.trim() === "" ? "A name is wanted." : channelFault(channelMeant(typed, known));
}
