/** What stands beside the log, and on small screens lies over it while it is wanted. */

import { type ReactNode, useEffect, useEffectEvent, useRef } from "react";
import { useAlone } from "../focus/use-alone.ts";

interface DrawerProps {
  readonly label: string;
  readonly side: "left" | "right";
  /** Counts where there is no room for it beside the log. */
  readonly isOpen: boolean;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

export function Drawer({ label, side, isOpen, onClose, children }: DrawerProps) {
  const close = useRef<HTMLButtonElement>(null);
  const drawer = useRef<HTMLElement>(null);
  useAlone(drawer, isOpen, onClose);
  const escape = useEffectEvent(({ key }: KeyboardEvent) => {
    if (key === "Escape") onClose();
  });
  // Once for each opening, however often it is rendered meanwhile: the focus is the person's then.
  useEffect(() => {
    if (!isOpen) return undefined;
    const opener = document.activeElement;
    const onKeyDown = (event: KeyboardEvent) => escape(event);
    close.current?.focus();
    document.addEventListener("keydown", onKeyDown);
    return () => {
      document.removeEventListener("keydown", onKeyDown);
      if (opener instanceof HTMLElement) opener.focus();
    };
  }, [isOpen]);
  return (
    <>
      {isOpen && <div className="shade" onClick={onClose} aria-hidden="true" />}
      <aside ref={drawer} className="drawer" data-side={side} data-open={isOpen} aria-label={label}>
        <button ref={close} type="button" className="button small close-drawer" onClick={onClose}>
          Close
        </button>
        {children}
      </aside>
    </>
  );
}
