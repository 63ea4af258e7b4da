/**
 * The rooms in one's list: the gateway's channel, the lobby, one's own channel, and those that were added, which are kept
 * in this browser.
 */

import { useCallback, useEffect, useState } from "react";
import { channelFault, userChannel } from "@tidewire/protocol";
import { listOf, textOf } from "../fields.ts";
import { inBrowser } from "../kept-values.ts";
import { LOBBY, roomKind } from "./room-kind.ts";

const NAME = "rooms";
/** The oldest goes for the newest beyond; well below what a gateway lets one connection listen to. */
const MAX_ADDED = 100;

export interface RoomList {
  /** Without conversations of two. */
  readonly rooms: readonly string[];
  /** Those that can be taken off the list. */
  readonly added: readonly string[];
  readonly remove: (channel: string) => void;
}

/**
 * @param open goes on the list by being opened
 * @param user who has signed in: their own channel is on the list, and not among what the next one here finds
 */
export function useRooms(defaultChannel: string, open: string, user: string | undefined): RoomList {
  const [added, setAdded] = useState(() => inBrowser.read(NAME, listOf(readChannel)) ?? []);
  const own = user === undefined ? [] : [userChannel(user)];
  const fixed = [defaultChannel, LOBBY, ...own];
  const isNew = roomKind(open) !== "direct" && !fixed.includes(open) && !added.includes(open);
  if (isNew) setAdded([...added, open].slice(-MAX_ADDED));
  // It was added before the gateway had said who this is.
  if (own.some((channel) => added.includes(channel))) setAdded(added.filter((each) => !own.includes(each)));
  useEffect(() => inBrowser.keep(NAME, added), [added]);
  useEffect(() => inBrowser.onKeptElsewhere(NAME, listOf(readChannel), setAdded), []);
  const remove = useCallback(
    (channel: string) => setAdded((channels) => channels.filter((each) => each !== channel)),
    [],
  );
  const shown = added.filter((channel) => !fixed.includes(channel));
  return { rooms: [...new Set([...fixed, ...shown])], added: shown, remove };
}

function readChannel(value: unknown): string | undefined {
  const channel = textOf(value);
  return channel !== undefined && channelFault(channel) === undefined ? channel : undefined;
}
