/** What a person writes in one room, from the draft to what is published. */

import type { RefObject } from "react";
import { useAnnounce } from "../direct/use-announce.ts";
import { usePage } from "../page-context.ts";
import type { RoomProps } from "../rooms/room.tsx";
import type { RoomState } from "../rooms/use-room.ts";
import { writtenAgain } from "./echoes.ts";
import { newKey } from "./new-key.ts";
import type { Outgoing } from "./outbox.ts";
import { useDraft } from "./use-draft.ts";

/** As long as any other. */
const ANY_KEY = newKey();

interface SendingProps extends Pick<RoomProps, "channel" | "conversation"> {
  readonly room: RoomState;
  /** Where the draft is written. */
  readonly box: RefObject<HTMLTextAreaElement | null>;
  /** Something was written, and is on its way. */
  readonly onWritten: () => void;
}

export type Sending = ReturnType<typeof useSending>;

export function useSending({ room, channel, conversation, box, onWritten }: SendingProps) {
  const { self, outbox, onWrite } = usePage();
  const { kind, view, typing, lastKey } = room;
  const [draft, setDraft] = useDraft(channel);
  const { announce, fault } = useAnnounce(conversation, self);

  const onDraft = (text: string) => {
    setDraft(text);
    if (text === "") typing.onDone();
    else typing.onType();
  };
  const dataOf = (text: string, key: string) =>
    kind === "open" ? text : { text, name: self.name, id: self.id, key };
  const publish = ({ data, key }: Outgoing) => view.send(data, { key });
  const onSend = (text: string) => {
    announce();
    if (conversation && !conversation.isOwn) onWrite(conversation);
    const key = newKey();
    const facts = {
      key,
      user: self.user,
      channel,
      text,
      data: dataOf(text, key),
      atMs: Date.now(),
      afterKey: lastKey,
    };
    outbox.send(facts, publish);
    typing.onDone();
    setDraft("");
    onWritten();
  };
  const payloadOf = (text: string) => (kind === "open" ? text : JSON.stringify(dataOf(text, ANY_KEY)));
  const remedies = {
    onRetry: (outgoing: Outgoing) => {
      announce();
      outbox.send(writtenAgain(outgoing, lastKey), publish);
      box.current?.focus();
    },
    onEdit: (outgoing: Outgoing) => {
      outbox.remove([outgoing.key]);
      // Behind what is being written there, if anything is.
      setDraft([draft, outgoing.text].filter(Boolean).join("\n"));
      box.current?.focus();
    },
    onDiscard: (outgoing: Outgoing) => {
      outbox.remove([outgoing.key]);
      box.current?.focus();
    },
  };
  return { draft, onDraft, onSend, payloadOf, remedies, fault };
}
