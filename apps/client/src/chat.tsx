/** The chat: the connection on top, the rooms on the left, the open room beside them. */

import { useCallback, useState } from "react";
import { conversationOn } from "./direct/conversation.ts";
import { Inbox } from "./direct/inbox.tsx";
import { Toast } from "./direct/toast.tsx";
import { useAlert } from "./direct/use-alert.ts";
import { useDirect } from "./direct/use-direct.ts";
import { HappeningButton } from "./happening/happening-button.tsx";
import { useHappeningPanel } from "./happening/use-happening-panel.ts";
import { HappeningDock, type Wire } from "./happening/happening-dock.tsx";
import { PageContext, type PageSettings } from "./page-context.ts";
import { focusRoomIfLost } from "./focus/focus-room.ts";
import { roomTitle } from "./rooms/room-kind.ts";
import { Rooms } from "./rooms/rooms.tsx";
import { Sidebar } from "./rooms/sidebar.tsx";
import { useOpenChannel } from "./rooms/use-open-channel.ts";
import { useRooms } from "./rooms/use-rooms.ts";
import { useTitle, useUnreadCounts } from "./rooms/use-unread-counts.ts";
import { useSelf } from "./self/use-self.ts";
import { TopBar } from "./top-bar.tsx";
import { usePageValue } from "./use-page-value.ts";

interface ChatProps {
  /** Always the same object. */
  readonly settings: PageSettings;
  /** Another number for each client. */
  readonly attempt: number;
  readonly wire: Wire;
  readonly onConnectAgain: () => void;
}

export function Chat({ settings, attempt, wire, onConnectAgain }: ChatProps) {
  const { defaultChannel } = settings;
  const known = useSelf();
  const [open, setOpen] = useOpenChannel(defaultChannel);
  const list = useRooms(defaultChannel, open, known.self.user);
  const [unread, onUnread] = useUnreadCounts();
  const { alert, onAlert, closeAlert } = useAlert(open, unread);
  const [isListOpen, setIsListOpen] = useState(false);
  const onShowRooms = useCallback(() => setIsListOpen(true), []);
  const onHideRooms = useCallback(() => setIsListOpen(false), []);
  const onOpen = useCallback(
    (channel: string) => {
      setOpen(channel);
      setIsListOpen(false);
      closeAlert();
      // The button that showed the list has gone with the room that was open.
      focusRoomIfLost(isListOpen);
    },
    [setOpen, closeAlert, isListOpen],
  );
  const direct = useDirect(known, open, onOpen);
  const { conversations, onWrite } = direct;
  const leave = (channel: string) => {
    list.remove(channel);
    direct.remove(channel);
    if (channel === open) setOpen(defaultChannel);
    focusRoomIfLost();
  };
  const { button: happeningButton, ...happening } = useHappeningPanel();
  useTitle(conversationOn(open, conversations)?.name ?? roomTitle(open, known.self.user), unread);

  const page = usePageValue({ settings, known, unread, onUnread, onAlert, onWrite, onShowRooms });
  return (
    <PageContext value={page}>
      <div className="shell">
        <TopBar onConnectAgain={onConnectAgain}>
          <HappeningButton ref={happeningButton} isOpen={happening.isOpen} onClick={happening.onToggle} />
        </TopBar>
        <Sidebar
          rooms={list.rooms}
          added={list.added}
          conversations={conversations}
          open={open}
          onOpen={onOpen}
          isOpen={isListOpen}
          onHide={onHideRooms}
          onLeave={leave}
        >
          {known.isKnown && (
            <Inbox key={`${attempt} ${known.self.id}`} self={known.self} onInvited={direct.add} />
          )}
        </Sidebar>
        <Rooms key={attempt} rooms={list.rooms} conversations={conversations} open={open} />
        {happening.isOpen && <HappeningDock {...wire} channel={open} onClose={happening.onClose} />}
        <Toast alert={alert} onOpen={onOpen} onClose={closeAlert} />
      </div>
    </PageContext>
  );
}
