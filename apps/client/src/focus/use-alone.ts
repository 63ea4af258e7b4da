/**
 * What lies over the rest of the page has it for itself: nothing behind it takes the focus or is read out.
 *
 * Invariant: nothing is inert while it stands beside the rest, as where there is room for both.
 */

import { type RefObject, useEffect, useLayoutEffect } from "react";

/** Beside what it is used on, these stay as they are. */
const KEPT = ".shade, .toasts";

/** @param onRoom told when the window has grown so that nothing is covered any more */
export function useAlone(
  ref: RefObject<HTMLElement | null>,
  isOpen: boolean,
  onRoom: (() => void) | undefined,
): void {
  // After each render: what lies behind may be others by then.
  useLayoutEffect(() => {
    if (!isOpen || !isOver(ref.current)) return undefined;
    const behind = Array.from(ref.current?.parentElement?.children ?? []).filter(
      (element) => element !== ref.current && !element.matches(KEPT) && !element.hasAttribute("inert"),
    );
    for (const element of behind) element.setAttribute("inert", "");
    return () => {
      for (const element of behind) element.removeAttribute("inert");
    };
  });
  useEffect(() => {
    if (!isOpen || !isOver(ref.current)) return undefined;
    const onResize = () => {
      if (!isOver(ref.current)) onRoom?.();
    };
    window.addEventListener("resize", onResize);
    return () => window.removeEventListener("resize", onResize);
  }, [ref, isOpen, onRoom]);
}

/** Its style says so, and nothing else knows the widths. */
export function isOver(element: Element | null): boolean {
  return element !== null && getComputedStyle(element).position === "fixed";
}
