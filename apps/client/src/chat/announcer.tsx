/** Reads out what comes, to who does not see the log: once a second at most, and many messages as their number. */

import { useEffect, useEffectEvent, useRef, useState } from "react";
import type { ChannelEntry, ChannelView } from "@tidewire/sdk/react";
import { newsText } from "./news-text.ts";

const PACE_MS = 1_000;

interface AnnouncerProps {
  readonly view: ChannelView;
  readonly isTalk: boolean;
  readonly isOwn: (entry: ChannelEntry) => boolean;
}

export function Announcer({ view: { entries, state }, isTalk, isOwn }: AnnouncerProps) {
  const [news, setNews] = useState({ text: "", key: 0 });
  const toldKey = useRef<number>(undefined);
  const tell = useEffectEvent(() => {
    const lastKey = entries.at(-1)?.key ?? 0;
    const told = toldKey.current;
    // What comes with the subscription was there before.
    if (told === undefined && state.kind !== "subscribed") return;
    toldKey.current = lastKey;
    if (told === undefined || told === lastKey) return;
    const text = newsText(
      entries.filter((entry) => entry.key > told && !isOwn(entry)),
      isTalk,
    );
    setNews({ text, key: lastKey });
  });
  useEffect(() => {
    const timer = setInterval(() => tell(), PACE_MS);
    return () => clearInterval(timer);
  }, []);
  return (
    <div className="visually-hidden" aria-live="polite">
      {/* Another element each time: the same words once more are news, too. */}
      <p key={news.key}>{news.text}</p>
    </div>
  );
}
