/** The chat: the connection on top, the rooms on the left, the open room beside them. */

import { type ReactNode, useCallback, useRef, useState } from "react";
import { useConnection, useTidewire } from "@tidewire/sdk/react";
import { ConnectionStatus } from "./connection/connection-status.tsx";
import { connectionText } from "./connection/connection-text.ts";
import { useNetwork } from "./connection/use-network.ts";
import { useOutlook } from "./connection/use-outlook.ts";
import type { Conversation } from "./direct/conversation.ts";
import { Inbox } from "./direct/inbox.tsx";
import { Toast } from "./direct/toast.tsx";
import { useAlert } from "./direct/use-alert.ts";
import { useDirect } from "./direct/use-direct.ts";
import { HappeningDock, type Wire } from "./happening-dock.tsx";
import { PageContext, type PageSettings } from "./page-context.ts";
import { focusRoomIfLost } from "./focus/focus-room.ts";
import { Room } from "./rooms/room.tsx";
import { isTalkKind, roomKind, roomTitle } from "./rooms/room-kind.ts";
import { Sidebar } from "./rooms/sidebar.tsx";
import { useOpenChannel } from "./rooms/use-open-channel.ts";
import { useRooms } from "./rooms/use-rooms.ts";
import { useTitle, useUnreadCounts } from "./rooms/use-unread-counts.ts";
import { useSelf } from "./self/use-self.ts";
import { usePageValue } from "./use-page-value.ts";
import { HappeningMark, WaveMark } from "./wave-mark.tsx";

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
  const happening = useHappening(wire, open, defaultChannel);
  useTitle(conversationOn(open, conversations)?.name ?? roomTitle(open, known.self.user), unread);

  const page = usePageValue({ settings, known, unread, onUnread, onAlert, onWrite, onShowRooms });
  const channels = new Set([...list.rooms, ...conversations.map(({ channel }) => channel), open]);
  return (
    <PageContext.Provider value={page}>
      <div className="shell">
        <Top onConnectAgain={onConnectAgain}>{happening.button}</Top>
        <Sidebar
          {...{ ...list, open, conversations, onOpen }}
          isOpen={isListOpen}
          onHide={onHideRooms}
          onLeave={leave}
        >
          {known.isKnown && (
            <Inbox key={`${attempt} ${known.self.id}`} self={known.self} onInvited={direct.add} />
          )}
        </Sidebar>
        {[...channels].map((channel) => (
          <Room
            key={`${attempt} ${channel}`}
            channel={channel}
            isOpen={channel === open}
            conversation={conversationOn(channel, conversations)}
          />
        ))}
        {happening.dock}
        <Toast alert={alert} onOpen={onOpen} onClose={closeAlert} />
      </div>
    </PageContext.Provider>
  );
}

/** The panel of what goes over the wire, and the button for it, which has the focus again when that is closed. */
function useHappening(wire: Wire, channel: string, defaultChannel: string) {
  const [isOpen, setIsOpen] = useState(false);
  const opener = useRef<HTMLButtonElement>(null);
  const onClose = useCallback(() => {
    setIsOpen(false);
    opener.current?.focus();
  }, []);
  const isTalk = isTalkKind(roomKind(channel));
  const isSignedIn = wire.token !== undefined;
  const target = { place: location, channel, defaultChannel, isTalk, isKept: isTalk, isSignedIn };
  const onClick = () => setIsOpen(!isOpen);
  return {
    button: (
      <button
        ref={opener}
        type="button"
        className="button small show-happening"
        aria-expanded={isOpen}
        onClick={onClick}
      >
        <HappeningMark />
        <span className="happening-words">What is happening</span>
      </button>
    ),
    dock: isOpen && <HappeningDock {...wire} target={target} onClose={onClose} />,
  };
}

interface TopProps extends Pick<ChatProps, "onConnectAgain"> {
  readonly children: ReactNode;
}

function Top({ onConnectAgain, children }: TopProps) {
  const client = useTidewire();
  const outlook = useOutlook(useConnection());
  const text = connectionText({ outlook, hasNetwork: useNetwork(), host: location.host });
  const onTryNow = () => client.retryNow();
  return (
    <header className="top">
      <h1 className="brand">
        <WaveMark />
        <span className="brand-word">Tidewire</span>
      </h1>
      <ConnectionStatus {...{ outlook, text, onTryNow, onConnectAgain }} />
      {children}
      <div className="tide" data-tone={text.tone} aria-hidden="true" />
    </header>
  );
}

function conversationOn(channel: string, conversations: readonly Conversation[]): Conversation | undefined {
  return conversations.find((each) => each.channel === channel);
}
