/** One row of the log. */

import { memo, type ReactNode } from "react";
import type { Message } from "@tidewire/sdk";
import { moveText } from "../people/move-notes.ts";
import { NameTag } from "../people/name-tag.tsx";
import { clockTime, dayText, fullTime, isoTime, minuteTime } from "./clock-time.ts";
import { gapText } from "./gap-text.ts";
import { type LogRow as Row, saidBy } from "./log-rows.ts";
import { Payload, PayloadText } from "./payload.tsx";

interface Expandable {
  readonly onExpand: () => void;
}

/** Drawn anew only where a part of it is another: rows are made anew with each message. */
export const LogRow = memo(function LogRow({ onExpand, ...row }: Row & Expandable) {
  switch (row.kind) {
    case "said":
      return <SaidRow row={row} onExpand={onExpand} />;
    case "raw":
      return (
        <li className="row" data-kind="raw">
          <MessageTime message={row.message}>{clockTime(row.message.time)}</MessageTime>
          <div>
            {row.message.sender !== undefined && (
              <span className="tag sender">user {row.message.sender}</span>
            )}
            <Payload message={row.message} onExpand={onExpand} />
          </div>
        </li>
      );
    case "gap":
      return (
        <li className="row" data-kind="gap">
          <p className="note">
            <strong>Messages may be missing here.</strong> {gapText(row.reason)}
          </p>
        </li>
      );
    case "moves":
      return (
        <li className="row" data-kind="moves">
          <p className="note">{moveText(row.note)}</p>
        </li>
      );
    case "day":
      return (
        <li className="row" data-kind="day">
          <span>{dayText(row.atMs)}</span>
        </li>
      );
    case "new":
      return (
        <li className="row" data-kind="new">
          <span>New</span>
        </li>
      );
    default:
      return row satisfies never;
  }
});

function SaidRow({ row, onExpand }: Expandable & { readonly row: Extract<Row, { readonly kind: "said" }> }) {
  const { message, isOwn, isMore, hasTwin } = row;
  const said = saidBy(message);
  if (!said) return null;
  return (
    <li className="row" data-kind="said" data-own={isOwn} data-more={isMore}>
      <MessageTime message={message}>{minuteTime(message.time)}</MessageTime>
      <div>
        <p className={isMore ? "byline visually-hidden" : "byline"}>
          <NameTag person={said.author} hasTwin={hasTwin} />
          {isOwn && <span className="you">you</span>}
        </p>
        <PayloadText text={said.said.text} onExpand={onExpand} />
      </div>
    </li>
  );
}

function MessageTime({ message, children }: { readonly message: Message; readonly children: ReactNode }) {
  return (
    <time dateTime={isoTime(message.time)} title={fullTime(message.time)}>
      {children}
    </time>
  );
}
