/** Keeps a scrolling box where the person left it: at its bottom, or at what they read while older messages come in above. */

import { useCallback, useEffect, useLayoutEffect, useRef, type RefObject } from "react";

/** Sub-pixel layouts never scroll to the very last pixel. */
const TOLERANCE_PX = 24;

/** The first row in view. */
interface Read {
  readonly row: Element;
  /** Where it stood. */
  topPx: number;
}

interface StickToBottom {
  readonly box: RefObject<HTMLElement | null>;
  readonly onScroll: () => void;
  readonly stick: () => void;
  readonly unstick: () => void;
}

/**
 * @param rows the selector of those that stay where they are wanted
 * @param onBottom always the same function
 */
export function useStickToBottom(rows: string, onBottom: (isAtBottom: boolean) => void): StickToBottom {
  const box = useRef<HTMLElement>(null);
  const isStuck = useRef(true);
  const last = useRef<{ top: number; read?: Read | undefined }>({ top: 0 });

  const setStuck = useCallback(
    (stuck: boolean) => {
      isStuck.current = stuck;
      if (stuck) last.current.read = undefined;
      onBottom(stuck);
    },
    [onBottom],
  );
  const scrollTo = useCallback((top: number) => {
    if (box.current === null) return;
    box.current.scrollTop = top;
    last.current.top = box.current.scrollTop;
  }, []);
  const remember = useCallback(() => {
    if (!isStuck.current) last.current.read = readIn(box.current, rows);
  }, [rows]);
  /** Scrolls as far as the row in view has moved; false where that is gone. */
  const follow = useCallback(() => {
    const { read } = last.current;
    if (box.current === null || !read?.row.isConnected) return false;
    // From where it is now: the person may have scrolled on meanwhile.
    const { scrollTop } = box.current;
    const movedPx = topIn(box.current, read.row) - read.topPx;
    if (Math.abs(movedPx) >= 1) scrollTo(scrollTop + movedPx);
    // Boxes scroll by whole pixels: what is left over is for the next time, or it would add up.
    read.topPx += box.current.scrollTop - scrollTop;
    return true;
  }, [scrollTo]);
  const toBottom = useCallback(() => scrollTo(box.current?.scrollHeight ?? 0), [scrollTo]);

  const onScroll = useCallback(() => {
    if (box.current === null) return;
    const { scrollHeight, scrollTop, clientHeight } = box.current;
    // Only upwards is away from it: the box may have become lower before it hears of its own last scrolling.
    if (scrollHeight - scrollTop - clientHeight <= TOLERANCE_PX) setStuck(true);
    else if (scrollTop < last.current.top) setStuck(false);
    // Its own scrolling has been followed already.
    if (scrollTop !== last.current.top) remember();
    last.current.top = scrollTop;
  }, [setStuck, remember]);
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
    if (isStuck.current) toBottom();
    else if (!follow()) remember();
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

/** They stand in their order: a few steps find it among any number of them. */
function readIn(box: HTMLElement | null, selector: string): Read | undefined {
  const rows = box?.querySelectorAll(selector);
  if (!box || !rows) return undefined;
  const edge = box.getBoundingClientRect().top;
  let [low, high] = [0, rows.length];
  while (low < high) {
    const middle = Math.trunc((low + high) / 2);
    if ((rows[middle]?.getBoundingClientRect().bottom ?? 0) > edge) high = middle;
    else low = middle + 1;
  }
  const row = rows[low];
  return row && { row, topPx: topIn(box, row) };
}

/** Where a row stands in all that can be scrolled. Not `offsetTop`: what that rounds adds up. */
function topIn(box: Element, row: Element): number {
  return row.getBoundingClientRect().top - box.getBoundingClientRect().top + box.scrollTop;
}
