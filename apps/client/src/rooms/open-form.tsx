/** Opens a room by its name, or any channel. */

import { useRef, useState, type SubmitEvent } from "react";
import { channelFault } from "@tidewire/protocol";
import { channelMeant, roomFault } from "./room-kind.ts";

interface OpenFormProps {
  /** The names that stand for themselves. */
  readonly known: readonly string[];
  readonly onOpen: (channel: string) => void;
}

export function OpenForm({ known, onOpen }: OpenFormProps) {
  const input = useRef<HTMLInputElement>(null);
  const [draft, setDraft] = useState("");
  // A fault is told on submitting, and kept up to date while it is being mended.
  const [isChecked, setIsChecked] = useState(false);
  const name = draft.trim();
  const fault = isChecked ? roomFault(draft, known) : undefined;
  const meant = channelMeant(draft, known);
  const isPlainPossible = meant !== name && channelFault(name) === undefined;

  const open = (channel: string) => {
    const isFaulty = roomFault(draft, known) !== undefined;
    setIsChecked(isFaulty);
    if (isFaulty) {
      input.current?.focus();
      return;
    }
    setDraft("");
    onOpen(channel);
  };
  const onSubmit = (event: SubmitEvent) => {
    event.preventDefault();
    open(meant);
  };

  return (
    <form className="open-form" noValidate onSubmit={onSubmit}>
      <label htmlFor="room">Open a room</label>
      <div className="field-line">
        <input
          ref={input}
          id="room"
          type="text"
          value={draft}
          onChange={(event) => setDraft(event.target.value)}
          placeholder="garden"
          autoCapitalize="none"
          autoComplete="off"
          autoCorrect="off"
          spellCheck={false}
          aria-invalid={fault !== undefined}
          aria-describedby="room-fault"
        />
        <button type="submit" className="button small">
          Open
        </button>
      </div>
      {isPlainPossible && (
        <button type="button" className="button small quiet" onClick={() => open(name)}>
          Or the channel “{name}”
        </button>
      )}
      <p id="room-fault" className="fault" aria-live="polite">
        {fault}
      </p>
    </form>
  );
}
