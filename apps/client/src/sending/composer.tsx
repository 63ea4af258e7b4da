/** The box to write in; its text leaves it only when it has been sent. */

import { useRef, type KeyboardEvent, type ReactNode, type RefObject, type SubmitEvent } from "react";
import type { ConnectionText } from "../connection/connection-text.ts";
import { deliverySummary } from "./delivery-text.ts";
import { messageSize, type MessageSize } from "./message-size.ts";
import type { Outgoing } from "./outbox.ts";

interface ComposerProps {
  readonly box: RefObject<HTMLTextAreaElement | null>;
  readonly draft: string;
  readonly onDraft: (draft: string) => void;
  readonly onSend: (text: string) => void;
  /** What is published for a text, as it counts against the limit. */
  readonly payloadOf: (text: string) => string;
  /** The gateway's limit. */
  readonly maxMessageBytes: number;
  readonly connection: ConnectionText;
  readonly outgoing: readonly Outgoing[];
  /** Where it goes, in the words of the placeholder. */
  readonly placeholder: string;
}

export function Composer({ box, draft, onDraft, onSend, ...props }: ComposerProps) {
  const { connection, maxMessageBytes, outgoing, placeholder, payloadOf } = props;
  const lastSent = useRef("");
  const size = messageSize(payloadOf(draft), maxMessageBytes);
  const isBlocked = connection.isBlocked === true || size.kind === "over";

  const send = () => {
    box.current?.focus();
    if (isBlocked || draft === "") return;
    onSend(draft);
    lastSent.current = draft;
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
    } else if (event.key === "ArrowUp" && draft === "" && lastSent.current !== "") {
      // To send it once more, or mended.
      event.preventDefault();
      onDraft(lastSent.current);
    }
  };

  return (
    <form className="composer" onSubmit={onSubmit}>
      <label htmlFor="message" className="visually-hidden">
        Message
      </label>
      <textarea
        ref={box}
        id="message"
        rows={1}
        value={draft}
        onChange={(event) => onDraft(event.target.value)}
        onKeyDown={onKeyDown}
        placeholder={placeholder}
        aria-invalid={size.kind === "over"}
        aria-describedby="message-hint message-size"
      />
      <button type="submit" className="button primary" disabled={isBlocked}>
        Send
      </button>
      <ComposerFoot hint={connection.hint} size={size}>
        <DeliverySummary outgoing={outgoing} isConnected={connection.isConnected} />
      </ComposerFoot>
    </form>
  );
}

interface ComposerFootProps {
  /** What becomes of what is sent now, where it does not go out at once. */
  readonly hint: string | undefined;
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

interface DeliverySummaryProps extends Pick<ComposerProps, "outgoing"> {
  readonly isConnected: boolean;
}

function DeliverySummary({ outgoing, isConnected }: DeliverySummaryProps) {
  const summary = deliverySummary(outgoing, isConnected);
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
