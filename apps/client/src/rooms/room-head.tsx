/** The head of an open room: its name, what it keeps, and the ways to the lists beside it. */

import type { SubscriptionState } from "@tidewire/sdk";
import { usePage } from "../page-context.ts";
import { Badge } from "./badge.tsx";
import { ROOM_HEADING } from "../focus/focus-room.ts";
import type { RoomKind } from "./room-kind.ts";
import { sumOf } from "./use-unread-counts.ts";

interface RoomHeadProps {
  readonly title: string;
  readonly channel: string;
  readonly kind: RoomKind;
  readonly subscription: SubscriptionState;
  readonly people: number | undefined;
  readonly onShowAside: () => void;
}

export function RoomHead({ title, channel, kind, subscription, people, onShowAside }: RoomHeadProps) {
  const { self, isKnown, unread, onShowRooms } = usePage();
  const elsewhere = sumOf(unread) - (unread[channel] ?? 0);
  return (
    <header className="room-head">
      <button type="button" className="button small show-rooms" onClick={onShowRooms}>
        Rooms {elsewhere > 0 && <Badge count={elsewhere} />}
      </button>
      <div className="room-name">
        <h2 id={ROOM_HEADING} tabIndex={-1}>
          {title}
        </h2>
        <p className="room-facts">
          {channel !== title && <code>{channel}</code>}
          {subscription.kind === "subscribed" && (
            <span>{subscription.resumable ? "kept: nothing is missed" : "live: nothing is kept"}</span>
          )}
        </p>
      </div>
      <button type="button" className="button small show-aside" onClick={onShowAside}>
        {kind === "direct" || kind === "own" || people === undefined
          ? "About"
          : `People ${people.toLocaleString("en-GB")}`}
      </button>
      {kind === "direct" && isKnown && self.user === undefined && (
        <p className="caution">
          Nobody signs in here: anybody who knows the name of this channel could read it.
        </p>
      )}
    </header>
  );
}
