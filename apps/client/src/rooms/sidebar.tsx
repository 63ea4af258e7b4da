/** The list of one's rooms, a way to more of them, and who one is. */

import type { ReactNode } from "react";
import type { Conversation } from "../direct/conversation.ts";
import { usePage } from "../page-context.ts";
import { SelfCard } from "../self/self-card.tsx";
import { Drawer } from "./drawer.tsx";
import { OpenForm } from "./open-form.tsx";
import { RoomLinks } from "./room-links.tsx";

interface SidebarProps {
  /** The room that is open. */
  readonly open: string;
  readonly rooms: readonly string[];
  /** Those of them that can be taken off the list. */
  readonly added: readonly string[];
  readonly conversations: readonly Conversation[];
  readonly onOpen: (channel: string) => void;
  readonly onLeave: (channel: string) => void;
  /** Where it has no place of its own: whether it lies over the rest. */
  readonly isOpen: boolean;
  readonly onHide: () => void;
  /** What is to be said of direct messages. */
  readonly children: ReactNode;
}

export function Sidebar({ isOpen, onHide, children, ...list }: SidebarProps) {
  const { defaultChannel, unread, self } = usePage();
  return (
    <Drawer label="Your rooms" side="left" isOpen={isOpen} onClose={onHide}>
      <div className="room-lists">
        <RoomLinks {...list} defaultChannel={defaultChannel} unread={unread} user={self.user} />
      </div>
      {children}
      <OpenForm known={list.rooms} onOpen={list.onOpen} />
      <SelfCard />
    </Drawer>
  );
}
