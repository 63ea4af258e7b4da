/** Keeps a scrolling box at its bottom for as long as the person leaves it there. */

import { useCallback, useEffect, useLayoutEffect, useRef, useState, type RefObject } from "react";

/** Sub-pixel layouts never scroll to the very last pixel. */
const TOLERANCE_PX = 24;

interface StickToBottom {
  readonly box: RefObject<HTMLElement | null>;
  /** Messages that came since the person scrolled up. */
  readonly unseen: number;
  readonly onScroll: () => void;
  readonly stick: () => void;
  readonly unstick: () => void;
}

export function useStickToBottom(received: number): StickToBottom {
  const box = useRef<HTMLElement>(null);
  const isStuck = useRef(true);
  const lastTop = useRef(0);
  const receivedNow = useRef(received);
  const [leftAt, setLeftAt] = useState<number | undefined>(undefined);

  const setStuck = useCallback((stuck: boolean) => {
    if (isStuck.current === stuck) return;
    isStuck.current = stuck;
    setLeftAt(stuck ? undefined : receivedNow.current);
  }, []);
  const toBottom = useCallback(() => {
    if (box.current === null) return;
    box.current.scrollTop = box.current.scrollHeight;
    lastTop.current = box.current.scrollTop;
  }, []);

  const onScroll = useCallback(() => {
    if (box.current === null) return;
    const { scrollHeight, scrollTop, clientHeight } = box.current;
    // Only upwards is away from it: the box may have become lower before it hears of its own last scrolling.
    if (scrollHeight - scrollTop - clientHeight <= TOLERANCE_PX) setStuck(true);
    else if (scrollTop < lastTop.current) setStuck(false);
    lastTop.current = scrollTop;
  }, [setStuck]);
  const stick = useCallback(() => {
    setStuck(true);
    toBottom();
  }, [setStuck, toBottom]);
  const unstick = useCallback(() => setStuck(false), [setStuck]);

  // After every render, since whatever it added stands below what was the bottom.
  useLayoutEffect(() => {
    receivedNow.current = received;
    if (isStuck.current) toBottom();
  });
  useEffect(() => {
    if (box.current === null) return undefined;
    const observer = new ResizeObserver(() => {
      if (isStuck.current) toBottom();
    });
    observer.observe(box.current);
    return () => observer.disconnect();
  }, [toBottom]);

  const unseen = leftAt === undefined ? 0 : Math.max(0, received - leftAt);
  return { box, unseen, onScroll, stick, unstick };
}
