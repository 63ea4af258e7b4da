/** What belongs to the open room: who is there, and how to push to it from outside. */

import type { Conversation } from "../direct/conversation.ts";
import type { PushTarget } from "../outside/push-commands.ts";
import { PushElsewhere } from "../outside/push-elsewhere.tsx";
import { usePage } from "../page-context.ts";
import { PeopleList, peopleCount } from "../people/people-list.tsx";
import { Drawer } from "./drawer.tsx";
import { isTalkKind } from "./room-kind.ts";
import type { RoomState } from "./use-room.ts";

interface RoomAsideProps {
  readonly room: RoomState;
  readonly conversation: Conversation | undefined;
  readonly target: PushTarget;
  readonly isOpen: boolean;
  readonly onClose: () => void;
}

export function RoomAside({ room, conversation, target, isOpen, onClose }: RoomAsideProps) {
  return (
    <Drawer label="About this room" side="right" isOpen={isOpen} onClose={onClose}>
      {conversation && <Other conversation={conversation} />}
      {(room.kind === "people" || room.kind === "open") && <People room={room} />}
      <PushElsewhere target={target} isOpen={!isTalkKind(room.kind)} />
    </Drawer>
  );
}

function Other({ conversation: { name, id } }: { readonly conversation: Conversation }) {
  return (
    <section aria-labelledby="other-heading">
      <h2 id="other-heading" className="aside-heading">
        Between you and
      </h2>
      <p className="aside-note">
        <b>{name}</b>, id <code>{id}</code>
      </p>
    </section>
  );
}

function People({ room }: Pick<RoomAsideProps, "room">) {
  const { self, onWrite } = usePage();
  const { presence, people, selfKey, twins } = room;
  const count = peopleCount(presence, people);
  return (
    <section aria-labelledby="people-heading">
      <h2 id="people-heading" className="aside-heading">
        People here {count !== undefined && <span className="count">{count.toLocaleString("en-GB")}</span>}
      </h2>
      <PeopleList
        presence={presence}
        people={people}
        selfKey={selfKey}
        self={self}
        twins={twins}
        onWrite={onWrite}
      />
    </section>
  );
}
