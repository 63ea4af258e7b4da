/** Tells the other of a conversation that there is one: with the first message of a visit. */

import { useCallback, useRef, useState } from "react";
import type { TidewireError } from "@tidewire/sdk";
import { useTidewire } from "@tidewire/sdk/react";
import type { Self } from "../self/self.ts";
import { type Conversation, inbox } from "./conversation.ts";
import { encodedId } from "./direct-channel.ts";

export interface Announcing {
  readonly announce: () => void;
  /** Why the other may not know of it. */
  readonly fault: TidewireError | undefined;
}

export function useAnnounce(conversation: Conversation | undefined, { id, name }: Self): Announcing {
  const client = useTidewire();
  const isTold = useRef(false);
  const [fault, setFault] = useState<TidewireError>();
  const announce = useCallback(() => {
    if (!conversation || isTold.current) return;
    isTold.current = true;
    const { channel, id: other } = conversation;
    client
      .channel(inbox(encodedId(other)))
      .publish({ channel, name, id })
      .then(
        () => setFault(undefined),
        (reason: TidewireError) => {
          // With the next message it is tried again.
          isTold.current = false;
          setFault(reason);
        },
      );
  }, [client, conversation, id, name]);
  return { announce, fault };
}
