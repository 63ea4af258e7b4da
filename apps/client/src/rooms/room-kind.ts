/** What a channel is to this page, by its name. */

import { channelFault, userChannel } from "@tidewire/protocol";

/**
 * - `people`: a room where people talk; messages are objects that say who speaks.
 * - `direct`: the same, for two.
 * - `own`: what servers publish to the user who has signed in, and to nobody else. This page writes nothing there.
 * - `open`: any other channel: what is published is shown as it is, and what is written is sent as a bare text.
 */
export type RoomKind = "people" | "direct" | "own" | "open";

export const LOBBY = "chat:lobby";
const PEOPLE_PREFIX = "chat:";

/** @param user who has signed in, where that is known: the channel of another one is an open one */
export function roomKind(channel: string, user?: string): RoomKind {
  if (user !== undefined && channel === userChannel(user)) return "own";
  if (channel.startsWith(PEOPLE_PREFIX)) return "people";
  return channel.startsWith("dm:") ? "direct" : "open";
}

/** Whether people talk there, and say who they are. */
export function isTalkKind(kind: RoomKind): boolean {
  return kind === "people" || kind === "direct";
}

/** The name by which people know it. @param user as of {@link roomKind} */
export function roomTitle(channel: string, user?: string): string {
  if (roomKind(channel, user) === "own") return "only for you";
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
