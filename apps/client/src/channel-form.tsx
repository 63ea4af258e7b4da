/** Shows the channel and lets the person choose another. */

import { useRef, useState, type SubmitEvent } from "react";
import { channelFault } from "@tidewire/protocol";

interface ChannelFormProps {
  readonly channel: string;
  readonly defaultChannel: string;
  readonly onChoose: (channel: string) => void;
}

export function ChannelForm({ channel, defaultChannel, onChoose }: ChannelFormProps) {
  const input = useRef<HTMLInputElement>(null);
  const [draft, setDraft] = useState(channel);
  const [shownFor, setShownFor] = useState(channel);
  // A fault is told on submitting, and kept up to date while it is being mended.
  const [isChecked, setIsChecked] = useState(false);
  if (shownFor !== channel) {
    // The address changed (back button, or this form): the field follows it.
    setShownFor(channel);
    setDraft(channel);
    setIsChecked(false);
  }
  const fault = isChecked ? channelFault(draft.trim()) : undefined;

  const choose = (name: string) => {
    const isFaulty = channelFault(name) !== undefined;
    setDraft(name);
    setIsChecked(isFaulty);
    if (!isFaulty) onChoose(name);
    input.current?.focus();
  };
  const onSubmit = (event: SubmitEvent) => {
    event.preventDefault();
    choose(draft.trim());
  };

  return (
    <form className="channel-form" noValidate onSubmit={onSubmit}>
      <label htmlFor="channel">Channel</label>
      <input
        ref={input}
        id="channel"
        type="text"
        value={draft}
        onChange={(event) => setDraft(event.target.value)}
        autoCapitalize="none"
        autoComplete="off"
        autoCorrect="off"
        spellCheck={false}
        aria-invalid={fault !== undefined}
        aria-describedby="channel-fault"
      />
      <button type="submit" className="button">
        Switch
      </button>
      {channel !== defaultChannel && (
        <button type="button" className="button quiet" onClick={() => choose(defaultChannel)}>
          Use default
        </button>
      )}
      <p id="channel-fault" className="fault" aria-live="polite">
        {fault}
      </p>
    </form>
  );
}
