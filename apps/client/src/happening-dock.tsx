/** Where the panel “What is happening” stands: below the chat, or where there is no room for both, over it. */

import { lazy, Suspense, useEffect, useRef } from "react";
import { isOver, useAlone } from "./focus/use-alone.ts";
import type { HappeningProps } from "./happening/happening.tsx";

const Happening = lazy(async () => ({ default: (await import("./happening/happening.tsx")).Happening }));

/** What the panel needs of the client beside the client. */
export type Wire = Pick<HappeningProps, "tap" | "token">;

interface HappeningDockProps extends HappeningProps {
  readonly onClose: () => void;
}

export function HappeningDock({ onClose, ...props }: HappeningDockProps) {
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
        <Happening {...props} />
      </Suspense>
    </div>
  );
}
