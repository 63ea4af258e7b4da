/** The channel of direct messages: one for each two people. */

import { channelFault } from "@tidewire/protocol";

const DIRECT_PREFIX = "dm:";

/** As in `userChannel` of the protocol: every id fits into the grammar of channel names. */
export function encodedId(id: string): string {
  return encodeURIComponent(id.toWellFormed()).replaceAll("*", "%2A");
}

/** The same for both; `undefined` where the ids are too long for a channel's name. */
export function directChannel(one: string, other: string): string | undefined {
  // By code units, as gateways check it.
  const names = [encodedId(one), encodedId(other)].toSorted((left, right) => (left < right ? -1 : 1));
  const channel = `${DIRECT_PREFIX}${names.join(",")}`;
  return channelFault(channel) === undefined ? channel : undefined;
}

/** Whether it could be the channel of any two. */
export function isDirectChannel(channel: string): boolean {
  return channel.startsWith(DIRECT_PREFIX) && channelFault(channel) === undefined;
}

/** Whose conversation with `id` this channel is; `undefined` where it is none of theirs. */
export function otherOf(channel: string, id: string): string | undefined {
  if (!channel.startsWith(DIRECT_PREFIX)) return undefined;
  const names = channel.slice(DIRECT_PREFIX.length).split(",");
  const other = names.find((name) => name !== encodedId(id));
  const decodedId = decoded(other ?? encodedId(id));
  return decodedId !== undefined && directChannel(id, decodedId) === channel ? decodedId : undefined;
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
