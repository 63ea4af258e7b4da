/** The box to write in; its text leaves it only when it has been sent. */

import { useEffect, useRef, useState, type KeyboardEvent, type ReactNode, type SubmitEvent } from "react";
import type { ChannelLog } from "./channel-log.ts";
import { deliverySummary } from "./delivery-text.ts";
import { messageSize, type MessageSize } from "./message-size.ts";
import { useLogPart } from "./use-channel-log.ts";

interface ComposerProps {
  readonly log: ChannelLog;
  readonly isConnected: boolean;
  /** What becomes of what is sent now, where it does not go out at once. */
  readonly hint: string | undefined;
  /** Nothing that is sent now would ever go out. */
  readonly isBlocked: boolean;
  /** The gateway's limit. */
  readonly maxMessageBytes: number;
  /** What was sent and failed, and is to be mended; another object each time. */
  readonly returned: { readonly text: string } | undefined;
}

export function Composer(props: ComposerProps) {
  const { log, isConnected, hint, maxMessageBytes, returned } = props;
  const box = useRef<HTMLTextAreaElement>(null);
  const lastSent = useRef("");
  const [text, setText] = useState("");
  const [taken, setTaken] = useState(returned);
  const size = messageSize(text, maxMessageBytes);
  const isBlocked = props.isBlocked || size.kind === "over";

  if (taken !== returned) {
    setTaken(returned);
    // Behind what is being written there, if anything is.
    setText((current) => [current, returned?.text].filter(Boolean).join("\n"));
  }
  useEffect(() => {
    if (returned) box.current?.focus();
  }, [returned]);

  const send = () => {
    box.current?.focus();
    if (isBlocked || text === "") return;
    log.publish(text);
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
      // To send it once more, or mended.
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
      <ComposerFoot hint={hint} size={size}>
        <DeliverySummary log={log} isConnected={isConnected} />
      </ComposerFoot>
    </form>
  );
}

interface ComposerFootProps extends Pick<ComposerProps, "hint"> {
  readonly size: MessageSize;
  readonly children: ReactNode;
}

function ComposerFoot({ hint, size, children }: ComposerFootProps) {
  return (
    <div className="composer-foot">
      <p id="message-hint" className={hint === undefined ? "hint" : "hint waits"}>
        {hint ?? <KeyHint />}
      </p>
      {children}
      <p id="message-size" className={size.kind === "over" ? "size fault" : "size"} aria-live="polite">
        {size.kind !== "fine" && size.text}
      </p>
    </div>
  );
}

function DeliverySummary({ log, isConnected }: Pick<ComposerProps, "log" | "isConnected">) {
  const deliveries = useLogPart(log, "deliveries");
  const summary = deliverySummary(deliveries, useLogPart(log, "sentAtMs"), isConnected);
  return (
    <p className="summary" data-tone={summary?.tone} aria-live="polite">
      {summary?.text}
    </p>
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
