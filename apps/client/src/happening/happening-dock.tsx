/** Where the panel “What is happening” stands: below the chat, or where there is no room for both, over it. */

import { lazy, Suspense, useEffect, useRef } from "react";
import { isOver, useAlone } from "../focus/use-alone.ts";
import { usePage } from "../page-context.ts";
import { isTalkKind, roomKind } from "../rooms/room-kind.ts";
import type { HappeningProps } from "./happening.tsx";

const Happening = lazy(async () => ({ default: (await import("./happening.tsx")).Happening }));

/** What the panel needs of the client beside the client. */
export type Wire = Pick<HappeningProps, "tap" | "token">;

interface HappeningDockProps extends Wire {
  /** The one that the person looks at. */
  readonly channel: string;
  readonly onClose: () => void;
}

export function HappeningDock({ channel, tap, token, onClose }: HappeningDockProps) {
  const { defaultChannel } = usePage();
  const isTalk = isTalkKind(roomKind(channel));
  const isSignedIn = token !== undefined;
  const target = { place: location, channel, defaultChannel, isTalk, isKept: isTalk, isSignedIn };
  const dock = useRef<HTMLDivElement>(null);
  const close = useRef<HTMLButtonElement>(null);
  useAlone(dock, true, undefined);
  useEffect(() => {
    // What opened it is behind it now.
    if (isOver(dock.current)) close.current?.focus();
  }, []);
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.key === "Escape") onClose();
    };
    document.addEventListener("keydown", onKeyDown);
    return () => document.removeEventListener("keydown", onKeyDown);
  }, [onClose]);
  return (
    <div ref={dock} className="dock">
      <button ref={close} type="button" className="button small close-dock" onClick={onClose}>
        Close
      </button>
      <Suspense fallback={<p>Loading…</p>}>
        <Happening tap={tap} token={token} target={target} />
      </Suspense>
    </div>
  );
}
