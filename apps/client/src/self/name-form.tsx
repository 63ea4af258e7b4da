/** Asks how others shall call somebody. */

import { useEffect, useRef, useState, type SubmitEvent } from "react";
import { tidyName } from "./self.ts";

interface NameFormProps {
  /** Before the first message in a room of people; otherwise to change it. */
  readonly isFirst: boolean;
  readonly suggestion: string;
  readonly onChoose: (name: string) => void;
  readonly onCancel?: () => void;
}

export function NameForm({ isFirst, suggestion, onChoose, onCancel }: NameFormProps) {
  const input = useRef<HTMLInputElement>(null);
  const [draft, setDraft] = useState(suggestion);
  useEffect(() => {
    if (!isFirst) input.current?.select();
  }, [isFirst]);
  const onSubmit = (event: SubmitEvent) => {
    event.preventDefault();
    onChoose(tidyName(draft) || suggestion);
  };
  return (
    <form className={isFirst ? "name-form first" : "name-form"} onSubmit={onSubmit}>
      <label htmlFor={isFirst ? "first-name" : "name"}>How shall others call you?</label>
      <div className="field-line">
        <input
          ref={input}
          id={isFirst ? "first-name" : "name"}
          type="text"
          value={draft}
          onChange={(event) => setDraft(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === "Escape") onCancel?.();
          }}
          autoComplete="off"
          spellCheck={false}
        />
        <button type="submit" className={isFirst ? "button primary" : "button small"}>
          {isFirst ? "Join in" : "Keep"}
        </button>
        {onCancel && (
          <button type="button" className="button small quiet" onClick={onCancel}>
            Cancel
          </button>
        )}
      </div>
      {isFirst && (
        <p className="aside-note">
          Nobody signs in here, so names are only claims. Yours is kept in this browser.
        </p>
      )}
    </form>
  );
}
