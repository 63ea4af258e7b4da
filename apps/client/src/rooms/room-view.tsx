/** A room that is open: its head, its log, the box to write in, and beside them who is there. */

import { type ReactNode, type Ref, type RefObject, useMemo, useRef, useState } from "react";
import { ChatLog, type ChatLogHandle } from "../chat/chat-log.tsx";
import { EmptyLog } from "../chat/empty-log.tsx";
import { logRows } from "../chat/log-rows.ts";
import type { PushTarget } from "../outside/push-commands.ts";
import { usePage } from "../page-context.ts";
import { peopleCount } from "../people/people-list.tsx";
import { typingText } from "../people/typing-text.ts";
import { mustChooseName } from "../self/use-self.ts";
import { NameForm } from "../self/name-form.tsx";
import { Composer } from "../sending/composer.tsx";
import { DeliveryRows } from "../sending/delivery-rows.tsx";
import { type Sending, useSending } from "../sending/use-sending.ts";
import { EndedNote } from "./ended-note.tsx";
import { RoomAside } from "./room-aside.tsx";
import { RoomHead } from "./room-head.tsx";
import type { RoomProps } from "./room.tsx";
import { isTalkKind, roomTitle } from "./room-kind.ts";
import type { RoomState } from "./use-room.ts";

interface RoomViewProps extends RoomProps {
  readonly room: RoomState;
  readonly onListenAgain: () => void;
}

export function RoomView({ room, channel, conversation, onListenAgain }: RoomViewProps) {
  const { defaultChannel, connection, self } = usePage();
  const { kind, view, presence, people, outgoing } = room;
  const [isAsideOpen, setIsAsideOpen] = useState(false);
  const box = useRef<HTMLTextAreaElement>(null);
  const log = useRef<ChatLogHandle>(null);
  const onWritten = () => log.current?.toNewest();
  const sending = useSending({ room, channel, conversation, box, onWritten });
  const title = conversation?.name ?? roomTitle(channel, self.user);
  const isKept = view.state.kind === "subscribed" && view.state.resumable;
  const ownUser = kind === "own" ? self.user : undefined;
  const isTalk = isTalkKind(kind);
  const isSignedIn = self.user !== undefined;
  const target = { place: location, channel, defaultChannel, isKept, isTalk, ownUser, isSignedIn };
  return (
    <>
      <main className="room">
        <RoomHead
          title={title}
          channel={channel}
          kind={kind}
          subscription={view.state}
          people={peopleCount(presence, people)}
          onShowAside={() => setIsAsideOpen(true)}
        />
        {!connection.isBlocked && <EndedNote subscription={view.state} onListenAgain={onListenAgain} />}
        <RoomLog ref={log} room={room} title={title} target={target}>
          <DeliveryRows outgoing={outgoing} isConnected={connection.isConnected} {...sending.remedies} />
        </RoomLog>
        {kind === "own" ? (
          <ReadOnlyFoot />
        ) : (
          <RoomFoot room={room} title={title} sending={sending} box={box} />
        )}
      </main>
      <RoomAside
        room={room}
        conversation={conversation}
        target={target}
        isOpen={isAsideOpen}
        onClose={() => setIsAsideOpen(false)}
      />
    </>
  );
}

interface PartProps {
  readonly room: RoomState;
  readonly title: string;
}

interface RoomLogProps extends PartProps {
  readonly ref: Ref<ChatLogHandle>;
  readonly target: PushTarget;
  readonly children: ReactNode;
}

function RoomLog({ ref, room, title, target, children }: RoomLogProps) {
  const { connection, ...known } = usePage();
  const { kind, selfKey, view, twins, notes, outgoing, unread } = room;
  const isTalk = isTalkKind(kind);
  const { entries, state } = view;
  const { newFrom } = unread;
  const rows = useMemo(
    () => logRows({ entries, isTalk, notes, newFrom, selfKey, twins }),
    [entries, isTalk, notes, newFrom, selfKey, twins],
  );
  const isEmpty = outgoing.length === 0;
  const isNameWanted = isTalk && mustChooseName(known);
  return (
    <ChatLog
      ref={ref}
      title={title}
      isTalk={isTalk}
      view={view}
      rows={rows}
      unread={unread}
      isOwn={room.isOwn}
      isAtBottom={room.isAtBottom}
      onBottom={room.setIsAtBottom}
      emptyState={
        isEmpty && (
          <EmptyLog
            kind={kind}
            connection={connection}
            subscription={state}
            target={target}
            isNameWanted={isNameWanted}
          />
        )
      }
    >
      {children}
    </ChatLog>
  );
}

interface RoomFootProps extends PartProps {
  readonly sending: Sending;
  readonly box: RefObject<HTMLTextAreaElement | null>;
}

function RoomFoot({ room, title, sending, box }: RoomFootProps) {
  const { connection, maxMessageBytes, ...known } = usePage();
  const { kind, people, selfKey, outgoing } = room;
  const isTalk = isTalkKind(kind);
  const isNameWanted = isTalk && mustChooseName(known);
  const placeholder = isTalk ? `Write to ${title}…` : "Write something…";
  const { draft, onDraft, onSend, payloadOf, fault } = sending;
  const join = (name: string) => {
    known.rename(name);
    // Once it is there.
    setTimeout(() => box.current?.focus());
  };
  return (
    <>
      <p className="typing" aria-live="polite">
        {typingText(people ?? [], selfKey)}
      </p>
      {fault && (
        <p className="fault untold">
          {title} may not hear of this conversation: {fault.message}
        </p>
      )}
      {isNameWanted ? (
        <NameForm isFirst suggestion={known.self.name} onChoose={join} />
      ) : (
        <Composer
          box={box}
          draft={draft}
          onDraft={onDraft}
          onSend={onSend}
          payloadOf={payloadOf}
          maxMessageBytes={maxMessageBytes}
          connection={connection}
          outgoing={outgoing}
          placeholder={placeholder}
        />
      )}
    </>
  );
}

function ReadOnlyFoot() {
  return (
    <p className="read-only">
      Read-only: what a server publishes to you comes here, and to all that you have open.
    </p>
  );
}
