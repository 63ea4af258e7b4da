/** Keeps a scrolling box where the person left it: at its bottom, or at what they read while older messages come in above. */

import { useCallback, useEffect, useLayoutEffect, useRef, type RefObject } from "react";

/** Sub-pixel layouts never scroll to the very last pixel. */
const TOLERANCE_PX = 24;

interface StickToBottom {
  readonly box: RefObject<HTMLElement | null>;
  readonly onScroll: () => void;
  readonly stick: () => void;
  readonly unstick: () => void;
}

/**
 * @param firstKey the key of the oldest row: where it gets another, rows were put in front
 * @param onBottom always the same function
 */
export function useStickToBottom(
  firstKey: number | undefined,
  onBottom: (isAtBottom: boolean) => void,
): StickToBottom {
  const box = useRef<HTMLElement>(null);
  const isStuck = useRef(true);
  const last = useRef({ top: 0, height: 0, firstKey });

  const setStuck = useCallback(
    (stuck: boolean) => {
      isStuck.current = stuck;
      onBottom(stuck);
    },
    [onBottom],
  );
  const scrollTo = useCallback((top: number) => {
    if (box.current === null) return;
    box.current.scrollTop = top;
    last.current.top = box.current.scrollTop;
  }, []);
  const toBottom = useCallback(() => scrollTo(box.current?.scrollHeight ?? 0), [scrollTo]);

  const onScroll = useCallback(() => {
    if (box.current === null) return;
    const { scrollHeight, scrollTop, clientHeight } = box.current;
    // Only upwards is away from it: the box may have become lower before it hears of its own last scrolling.
    if (scrollHeight - scrollTop - clientHeight <= TOLERANCE_PX) setStuck(true);
    else if (scrollTop < last.current.top) setStuck(false);
    last.current.top = scrollTop;
  }, [setStuck]);
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

  // After every render, since whatever it added stands below what was the bottom, or above what was the top.
  useLayoutEffect(() => {
    const { scrollHeight: height = 0, scrollTop = 0 } = box.current ?? {};
    const before = last.current;
    if (isStuck.current) toBottom();
    else if (firstKey !== before.firstKey) scrollTo(scrollTop + height - before.height);
    last.current = { ...last.current, height, firstKey };
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
