/** The rooms and conversations of the list, and how much is new in each. */

import { useEffect, useRef } from "react";
import type { Conversation } from "../direct/conversation.ts";
import { Badge } from "./badge.tsx";
import { roomKind, roomTitle } from "./room-kind.ts";

interface RoomLinksProps {
  readonly open: string;
  readonly defaultChannel: string;
  /** Who has signed in. */
  readonly user: string | undefined;
  readonly rooms: readonly string[];
  /** Those of them that can be taken off the list. */
  readonly added: readonly string[];
  readonly conversations: readonly Conversation[];
  /** By channel. */
  readonly unread: Readonly<Record<string, number>>;
  readonly onOpen: (channel: string) => void;
  readonly onLeave: (channel: string) => void;
}

export function RoomLinks({ rooms, added, conversations, defaultChannel, user, ...props }: RoomLinksProps) {
  return (
    <>
      <nav aria-label="Rooms">
        <h2 className="aside-heading">Rooms</h2>
        <ul className="room-links">
          {rooms.map((channel) => (
            <RoomLink
              key={channel}
              channel={channel}
              title={roomTitle(channel, user)}
              note={noteOf(channel, defaultChannel, user)}
              canLeave={added.includes(channel)}
              {...props}
            />
          ))}
        </ul>
      </nav>
      {conversations.length > 0 && (
        <nav aria-label="Direct messages">
          <h2 className="aside-heading">Direct messages</h2>
          <ul className="room-links">
            {conversations.map(({ channel, name }) => (
              <RoomLink key={channel} channel={channel} title={name} note="" canLeave {...props} />
            ))}
          </ul>
        </nav>
      )}
    </>
  );
}

interface RoomLinkProps extends Pick<RoomLinksProps, "open" | "unread" | "onOpen" | "onLeave"> {
  readonly channel: string;
  readonly title: string;
  readonly note: string;
  readonly canLeave: boolean;
}

function RoomLink({ channel, title, note, canLeave, open, unread, onOpen, onLeave }: RoomLinkProps) {
  const count = unread[channel] ?? 0;
  const isOpen = channel === open;
  const link = useRef<HTMLLIElement>(null);
  useEffect(() => {
    // Its address, or another button, may have opened it.
    if (isOpen) link.current?.scrollIntoView({ block: "nearest" });
  }, [isOpen]);
  return (
    <li ref={link} className="room-link" data-open={isOpen}>
      <button
        type="button"
        className="room-button"
        aria-current={isOpen ? "page" : undefined}
        onClick={() => onOpen(channel)}
      >
        <span className="room-title" dir="auto" title={title}>
          {title}
        </span>
        {note && <span className="room-note">{note}</span>}
        {count > 0 && <Badge count={count} />}
      </button>
      {canLeave && (
        <button
          type="button"
          className="leave"
          aria-label={`Leave ${title}`}
          title="Leave"
          onClick={() => onLeave(channel)}
        >
          <span aria-hidden="true">×</span>
        </button>
      )}
    </li>
  );
}

function noteOf(channel: string, defaultChannel: string, user: string | undefined): string {
  if (roomKind(channel, user) === "own") return "read-only";
  return channel === defaultChannel ? "from anywhere" : "";
}
