/** How much is new in which room, and in the title of the page. */

import { useCallback, useEffect, useState } from "react";
import { badgeText } from "./badge.tsx";

export type UnreadCounts = Readonly<Record<string, number>>;

export function useUnreadCounts(): [UnreadCounts, (channel: string, count: number) => void] {
  const [counts, setCounts] = useState<UnreadCounts>({});
  const setCount = useCallback((channel: string, count: number) => {
    setCounts((all) => ((all[channel] ?? 0) === count ? all : { ...all, [channel]: count }));
  }, []);
  return [counts, setCount];
}

export function sumOf(counts: UnreadCounts): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}

export function useTitle(room: string, counts: UnreadCounts): void {
  const sum = sumOf(counts);
  useEffect(() => {
    document.title = `${sum > 0 ? `(${badgeText(sum)}) ` : ""}${room} · Tidewire`;
  }, [room, sum]);
}
