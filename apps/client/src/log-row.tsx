/** One entry of the log: a message exactly as it came, or a note of the page's own. */

import { memo, useState } from "react";
import type { LogEntry } from "./log-buffer.ts";
import { clockTime } from "./clock-time.ts";
import { gapText } from "./gap-text.ts";

/** Five hundred messages of the greatest size, all laid out at once, would freeze the page. */
const SHOWN_CHARACTERS = 4_000;

interface LogRowProps {
  readonly entry: LogEntry;
  readonly onExpand: () => void;
}

export const LogRow = memo(function LogRow({ entry, onExpand }: LogRowProps) {
  return (
    <li className="row" data-kind={entry.kind} data-tone={entry.kind === "note" ? entry.tone : undefined}>
      <time dateTime={new Date(entry.atMs).toISOString()}>
        {entry.day !== undefined && <span className="day">{entry.day}</span>}
        {clockTime(entry.atMs)}
      </time>
      <Content entry={entry} onExpand={onExpand} />
    </li>
  );
});

function Content({ entry, onExpand }: LogRowProps) {
  switch (entry.kind) {
    case "text":
      return (
        <div>
          <Sender sender={entry.sender} />
          <TextContent text={entry.text} onExpand={onExpand} />
        </div>
      );
    case "binary":
      return (
        <div className="payload">
          <Sender sender={entry.sender} />
          <span className="tag">
            binary, {entry.sizeBytes} {entry.sizeBytes === 1 ? "byte" : "bytes"}
          </span>{" "}
          {entry.preview}
        </div>
      );
    case "sent":
      return (
        <div>
          <span className="tag">sent on “{entry.channel}”, not heard here</span>
          <TextContent text={entry.text} onExpand={onExpand} />
        </div>
      );
    case "gap":
      return (
        <p className="note">
          <strong>Messages may be missing here.</strong> {gapText(entry.reason)}
        </p>
      );
    case "note":
      return <p className="note">{entry.text}</p>;
    default:
      return entry satisfies never;
  }
}

function Sender({ sender }: { readonly sender: string | undefined }) {
  return sender === undefined ? null : <span className="tag sender">user {sender}</span>;
}

function TextContent({ text, onExpand }: { readonly text: string; readonly onExpand: () => void }) {
  const [isWhole, setIsWhole] = useState(false);
  if (text === "") return <p className="note">an empty message</p>;
  const isCut = !isWhole && text.length > SHOWN_CHARACTERS;
  const expand = () => {
    onExpand();
    setIsWhole(true);
  };
  return (
    <div className="payload" dir="auto">
      {isCut ? text.slice(0, SHOWN_CHARACTERS) : text}
      {isCut && (
        <button type="button" className="button small expand" onClick={expand}>
          Show all {text.length.toLocaleString("en-GB")} characters
        </button>
      )}
    </div>
  );
}
