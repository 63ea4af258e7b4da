/** What a message says, exactly as it came. */

import { useState } from "react";
import type { Message } from "@tidewire/sdk";
import { cutText } from "./cut-text.ts";
import { hexPreview } from "./hex-preview.ts";

/** Five hundred messages of the greatest size, all laid out at once, would freeze the page. */
const SHOWN_CHARACTERS = 2_000;
/** One message is not to push all others out of sight. */
const SHOWN_LINES = 100;

interface PayloadProps {
  readonly message: Message;
  /** More of one is shown. */
  readonly onExpand: () => void;
}

export function Payload({ message: { data, bytes }, onExpand }: PayloadProps) {
  if (bytes) {
    return (
      <div className="payload">
        <span className="tag">
          binary, {bytes.length} {bytes.length === 1 ? "byte" : "bytes"}
        </span>{" "}
        {hexPreview(bytes)}
      </div>
    );
  }
  // A text is shown as it came, and anything else as the JSON that it is.
  return <PayloadText text={typeof data === "string" ? data : JSON.stringify(data)} onExpand={onExpand} />;
}

interface PayloadTextProps extends Pick<PayloadProps, "onExpand"> {
  readonly text: string;
}

export function PayloadText({ text, onExpand }: PayloadTextProps) {
  const [isWhole, setIsWhole] = useState(false);
  if (text === "") return <p className="note">an empty message</p>;
  const shown = isWhole ? text : beginningOf(text);
  const isCut = shown.length < text.length;
  const expand = () => {
    onExpand();
    setIsWhole(true);
  };
  return (
    <div className="payload" dir="auto">
      {shown}
      {isCut && (
        <button type="button" className="button small expand" onClick={expand}>
          Show all {text.length.toLocaleString("en-GB")} characters
        </button>
      )}
    </div>
  );
}

function beginningOf(text: string): string {
  const beginning = cutText(text, SHOWN_CHARACTERS);
  const lines = beginning.split("\n", SHOWN_LINES + 1);
  return lines.length > SHOWN_LINES ? lines.slice(0, SHOWN_LINES).join("\n") : beginning;
}
