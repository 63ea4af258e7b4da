/** The log of a channel: the newest at the bottom, in view unless the person scrolled away; older ones at the top. */

import { type ReactNode, type Ref, useImperativeHandle } from "react";
import type { ChannelEntry, ChannelView } from "@tidewire/sdk/react";
import { Announcer } from "./announcer.tsx";
import { Beginning } from "./beginning.tsx";
import { LogRow } from "./log-row.tsx";
import type { LogRow as Row } from "./log-rows.ts";
import type { UnreadView } from "../rooms/use-unread.ts";
import { useOlder } from "./use-older.ts";
import { useStickToBottom } from "./use-stick-to-bottom.ts";

/** Days and the line before what is new come and go. */
const ENTRIES = "[data-kind=said], [data-kind=raw], [data-kind=gap]";

/** For what happens beside the log. */
export interface ChatLogHandle {
  /** Goes to the newest and stays there, as for who has just said something. */
  readonly toNewest: () => void;
}

interface ChatLogProps {
  readonly ref: Ref<ChatLogHandle>;
  readonly title: string;
  readonly isTalk: boolean;
  readonly view: ChannelView;
  readonly rows: readonly Row[];
  /** What came since the person scrolled away. */
  readonly unread: UnreadView;
  readonly isOwn: (entry: ChannelEntry) => boolean;
  readonly isAtBottom: boolean;
  readonly onBottom: (isAtBottom: boolean) => void;
  /** Stands behind the rows: the page's own messages that are not among them yet. */
  readonly children: ReactNode;
  /** Stands in for the messages while there are none. */
  readonly emptyState: ReactNode;
}

export function ChatLog({
  ref,
  title,
  isTalk,
  view,
  rows,
  children,
  emptyState,
  isOwn,
  ...bottom
}: ChatLogProps) {
  const { hasOlder, isLoading, loadOlder } = view;
  const isEmpty = view.entries.length === 0;
  const { box, ...scrolling } = useStickToBottom(ENTRIES, bottom.onBottom);
  const older = useOlder(box, { hasOlder: hasOlder && !isEmpty, isLoading, loadOlder });
  useImperativeHandle(ref, () => ({ toNewest: scrolling.stick }), [scrolling.stick]);
  const onScroll = () => {
    scrolling.onScroll();
    older.onScroll();
  };
  const jump = () => {
    scrolling.stick();
    // The button vanishes; the focus goes on where its work is seen.
    box.current?.focus();
  };
  return (
    <div className="log-frame">
      {/* What scrolls must take the focus, or the keyboard alone could not scroll it. */}
      {/* oxlint-disable jsx-a11y/no-noninteractive-tabindex */}
      <section
        ref={box}
        className="log-box"
        data-talk={isTalk}
        aria-label={`Messages in ${title}`}
        tabIndex={0}
        onScroll={onScroll}
      >
        {/* oxlint-enable jsx-a11y/no-noninteractive-tabindex */}
        {isEmpty ? emptyState : <Beginning view={view} fault={older.fault} onLoad={older.load} />}
        {/* A flood, and older ones, are not read out from here. */}
        <div role="log" aria-live="off" aria-label={`Messages in ${title}`}>
          <ol className="rows">
            {rows.map((row) => (
              <LogRow {...row} key={row.key} onExpand={scrolling.unstick} />
            ))}
          </ol>
        </div>
        {children}
      </section>
      <Announcer view={view} isTalk={isTalk} isOwn={isOwn} />
      {!bottom.isAtBottom && !isEmpty && <JumpButton unread={bottom.unread} onClick={jump} />}
    </div>
  );
}

function JumpButton({ unread, onClick }: Pick<ChatLogProps, "unread"> & { readonly onClick: () => void }) {
  return (
    <button type="button" className="button primary jump" onClick={onClick}>
      {jumpText(unread)} <span aria-hidden="true">↓</span>
    </button>
  );
}

function jumpText({ count, isAtLeast }: UnreadView): string {
  if (count === 0) return "To the newest";
  const shown = count.toLocaleString("en-GB") + (isAtLeast ? "+" : "");
  return `${shown} new ${shown === "1" ? "message" : "messages"}`;
}
