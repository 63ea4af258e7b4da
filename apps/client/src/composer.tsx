/** The box to write in; its text leaves it only when it has been sent. */

import { useEffect, useRef, useState, type KeyboardEvent, type SubmitEvent } from "react";
import { messageSize } from "./message-size.ts";

interface ComposerProps {
  /** Why nothing can be sent now, if so. */
  readonly blocked: string | undefined;
  /** The gateway did not take what was sent last. */
  readonly isRefused: boolean;
  /** The gateway's limit. */
  readonly maxMessageBytes: number;
  /** False when the text did not go out. */
  readonly onSend: (text: string) => boolean;
}

export function Composer({ blocked, isRefused, maxMessageBytes, onSend }: ComposerProps) {
  const box = useRef<HTMLTextAreaElement>(null);
  const lastSent = useRef("");
  const [text, setText] = useState("");
  const size = messageSize(text, maxMessageBytes);
  const isBlocked = blocked !== undefined || size.kind === "over";

  useEffect(() => {
    // Back into the box with it, to be mended, unless something new is being written there.
    if (isRefused) setText((current) => (current === "" ? lastSent.current : current));
  }, [isRefused]);

  const send = () => {
    box.current?.focus();
    if (isBlocked || text === "" || !onSend(text)) return;
    lastSent.current = text;
    setText("");
  };
  const onSubmit = (event: SubmitEvent) => {
    event.preventDefault();
    send();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    // While an input method composes, Enter accepts its suggestion.
    if (event.nativeEvent.isComposing) return;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      send();
    } else if (event.key === "ArrowUp" && text === "" && lastSent.current !== "") {
      // What may have been lost with the connection need not be typed again.
      event.preventDefault();
      setText(lastSent.current);
    }
  };

  return (
    <form className="composer" onSubmit={onSubmit}>
      <label htmlFor="message">Message</label>
      <textarea
        ref={box}
        id="message"
        rows={2}
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={onKeyDown}
        placeholder="Write something…"
        spellCheck={false}
        aria-invalid={size.kind === "over"}
        aria-describedby="message-hint message-size"
      />
      <button type="submit" className="button primary" disabled={isBlocked}>
        Send
      </button>
      <div className="composer-foot">
        <p id="message-hint" className={blocked === undefined ? "hint" : "hint blocked"}>
          {blocked ?? <KeyHint />}
        </p>
        <p id="message-size" className={size.kind === "over" ? "size fault" : "size"} aria-live="polite">
          {size.kind !== "fine" && size.text}
        </p>
      </div>
    </form>
  );
}

function KeyHint() {
  return (
    <>
      <span>
        <kbd>Enter</kbd> sends
      </span>
      <span>
        <kbd>Shift</kbd>+<kbd>Enter</kbd> new line
      </span>
      <span>
        <kbd>↑</kbd> brings the last one back
      </span>
    </>
  );
}
