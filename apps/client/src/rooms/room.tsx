/** One room of the list. It listens as long as it is in the list, and shows itself while it is open. */

import { useState } from "react";
import type { Conversation } from "../direct/conversation.ts";
import { usePage } from "../page-context.ts";
import { RoomView } from "./room-view.tsx";
import { useRoom } from "./use-room.ts";

export interface RoomProps {
  readonly channel: string;
  readonly isOpen: boolean;
  /** Where it is one. */
  readonly conversation: Conversation | undefined;
}

export function Room(props: RoomProps) {
  const { self } = usePage();
  /** Another number where somebody wants to listen again, after the gateway has ended that. */
  const [attempt, setAttempt] = useState(0);
  const listenAgain = () => setAttempt((count) => count + 1);
  return <Listening key={`${attempt} ${self.id}`} {...props} onListenAgain={listenAgain} />;
}

function Listening({ onListenAgain, ...props }: RoomProps & { readonly onListenAgain: () => void }) {
  const room = useRoom(props);
  return props.isOpen && <RoomView room={room} {...props} onListenAgain={onListenAgain} />;
}
