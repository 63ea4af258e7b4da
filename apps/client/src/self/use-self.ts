/** Who one is here, as React state: the page knows it for certain once it has been connected. */

import { useCallback, useEffect, useMemo, useState } from "react";
import { useConnection } from "@tidewire/sdk/react";
import { inBrowser } from "../kept-values.ts";
import { newKey } from "../sending/new-key.ts";
import { readGuestId, readName, type Self, selfOf } from "./self.ts";

export interface KnownSelf {
  readonly self: Self;
  /** Whether a gateway has said who this is, or that it is nobody whom it knows. */
  readonly isKnown: boolean;
  readonly rename: (name: string) => void;
}

/** Whether somebody, before they can say anything among people, has to say who they are. */
export function mustChooseName({ self, isKnown }: Pick<KnownSelf, "self" | "isKnown">): boolean {
  return isKnown && !self.isNamed && self.user === undefined;
}

export function useSelf(): KnownSelf {
  const state = useConnection();
  const [guestId] = useState(keptGuestId);
  const [known, setKnown] = useState<{ readonly user: string | undefined }>();
  const [chosen, setChosen] = useState<Readonly<Record<string, string>>>({});
  if (state.kind === "connected" && (!known || known.user !== state.connection.user)) {
    setKnown({ user: state.connection.user });
  }
  const user = known?.user;
  const id = user ?? guestId;
  const kept = useMemo(() => inBrowser.read(nameOf(id), readName), [id]);
  const name = chosen[id] ?? kept;
  const isKnown = known !== undefined;
  const rename = useCallback(
    (newest: string) => {
      inBrowser.keep(nameOf(id), newest);
      setChosen((names) => ({ ...names, [id]: newest }));
    },
    [id],
  );
  useEffect(
    () =>
      // In another tab: one person has one name.
      inBrowser.onKeptElsewhere(nameOf(id), readName, (newest) =>
        setChosen((names) => ({ ...names, [id]: newest })),
      ),
    [id],
  );
  return useMemo(
    () => ({ self: selfOf(user, guestId, name), isKnown, rename }),
    [user, guestId, name, isKnown, rename],
  );
}

function nameOf(id: string): string {
  return `name:${id}`;
}

function keptGuestId(): string {
  const kept = inBrowser.read("guest", readGuestId);
  if (kept !== undefined) return kept;
  const id = newKey();
  inBrowser.keep("guest", id);
  return id;
}
