/** Keeps a scrolling box where the person left it: at its bottom, or at what they read while older messages come in above. */

import { useCallback, useEffect, useLayoutEffect, useRef, useState, type RefObject } from "react";
import { ReadRow } from "./read-row.ts";

/** Sub-pixel layouts never scroll to the very last pixel. */
const TOLERANCE_PX = 24;

interface StickToBottom {
  readonly box: RefObject<HTMLElement | null>;
  readonly onScroll: () => void;
  readonly stick: () => void;
  readonly unstick: () => void;
}

/**
 * @param rows the selector of those that stay where they are wanted; always the same
 * @param onBottom always the same function
 */
export function useStickToBottom(rows: string, onBottom: (isAtBottom: boolean) => void): StickToBottom {
  const box = useRef<HTMLElement>(null);
  const isStuck = useRef(true);
  const lastTop = useRef(0);
  const [readRow] = useState(() => new ReadRow(rows));

  const setStuck = useCallback(
    (stuck: boolean) => {
      isStuck.current = stuck;
      if (stuck) readRow.forget();
      onBottom(stuck);
    },
    [onBottom, readRow],
  );
  const scrollTo = useCallback((top: number) => {
    if (box.current === null) return;
    box.current.scrollTop = top;
    lastTop.current = box.current.scrollTop;
  }, []);
  const toBottom = useCallback(() => scrollTo(box.current?.scrollHeight ?? 0), [scrollTo]);

  const onScroll = useCallback(() => {
    if (box.current === null) return;
    const { scrollHeight, scrollTop, clientHeight } = box.current;
    // Only upwards is away from it: the box may have become lower before it hears of its own last scrolling.
    if (scrollHeight - scrollTop - clientHeight <= TOLERANCE_PX) setStuck(true);
    else if (scrollTop < lastTop.current) setStuck(false);
    // Its own scrolling has been followed already.
    if (scrollTop !== lastTop.current && !isStuck.current) readRow.remember(box.current);
    lastTop.current = scrollTop;
  }, [setStuck, readRow]);
  const stick = useCallback(() => {
    setStuck(true);
    toBottom();
  }, [setStuck, toBottom]);
  const unstick = useCallback(() => setStuck(false), [setStuck]);

  // Who comes to a room sees the first new message, wherever that is.
  useLayoutEffect(() => {
    toBottom();
    const first = box.current?.querySelector<HTMLElement>("[data-kind=new]");
    const top = first?.offsetTop ?? Infinity;
    const isAbove = top < (box.current?.scrollTop ?? 0);
    if (isAbove) scrollTo(top);
    setStuck(!isAbove);
    return () => onBottom(false);
  }, [toBottom, scrollTo, setStuck, onBottom]);

  // After every render: it may have added below, and above what is read added, or taken away, or both at once.
  useLayoutEffect(() => {
    if (box.current === null) return;
    if (isStuck.current) toBottom();
    else readRow.follow(box.current);
    lastTop.current = box.current.scrollTop;
  });
  useEffect(() => {
    if (box.current === null) return undefined;
    const observer = new ResizeObserver(() => {
      if (isStuck.current) toBottom();
    });
    observer.observe(box.current);
    return () => observer.disconnect();
  }, [toBottom]);

  return { box, onScroll, stick, unstick };
}
