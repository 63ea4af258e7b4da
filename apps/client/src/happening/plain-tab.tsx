/** A second, bare connection, open for as long as this tab is shown: what is sent is what arrives. */

import { type SubmitEvent, useEffect, useEffectEvent, useId, useState, useSyncExternalStore } from "react";
import type { PushTarget } from "../outside/push-commands.ts";
import { FrameControls } from "./frame-controls.tsx";
import { FrameList } from "./frame-list.tsx";
import { PlainLine, type PlainState } from "./plain-line.ts";
import { useFrameView } from "./use-frame-view.ts";
import { plainCommands } from "./what-to-type.ts";
import { WhatToType } from "./what-to-type-list.tsx";

interface PlainTabProps {
  /** Another one wants another tab: give it as the `key`, too. */
  readonly url: string;
  readonly token: string | undefined;
  readonly target: PushTarget;
}

export function PlainTab({ url, token, target }: PlainTabProps) {
  const [line] = useState(() => new PlainLine(url));
  const { state, frames } = useSyncExternalStore(line.subscribe, line.getSnapshot);
  const view = useFrameView(frames);
  // With the token of that time: a newer one alone is no reason to open it anew.
  const open = useEffectEvent(() => line.open(token));
  useEffect(() => {
    open();
    return () => line.close();
  }, [line]);
  return (
    <>
      <p className="console-about">
        A bare <code>new WebSocket({JSON.stringify(url)})</code>: no handshake, no envelope. Each frame is a
        message on <code>{target.channel}</code>, and nothing else.
      </p>
      <FrameControls view={view}>
        <PlainStateText state={state} onOpen={() => line.open(token)} />
      </FrameControls>
      <FrameList
        frames={view.shown}
        label="Frames of plain"
        hasLines={false}
        emptyText="Nothing has passed since. Send a text, and it comes back as it is."
      />
      <PlainForm isOpen={state.kind === "open"} onSend={(text) => line.send(text)} />
      <WhatToType commands={plainCommands(target, token !== undefined)} />
    </>
  );
}

interface PlainStateTextProps {
  readonly state: PlainState;
  readonly onOpen: () => void;
}

function PlainStateText({ state, onOpen }: PlainStateTextProps) {
  switch (state.kind) {
    case "opening":
      return <span className="plain-state">Opening…</span>;
    case "open":
      return <span className="plain-state">Open</span>;
    case "closed":
      return (
        <span className="plain-state">
          Closed: {state.text}{" "}
          <button type="button" className="button small" onClick={onOpen}>
            Open again
          </button>
        </span>
      );
    default:
      return state satisfies never;
  }
}

interface PlainFormProps {
  readonly isOpen: boolean;
  /** @returns whether it went out */
  readonly onSend: (text: string) => boolean;
}

function PlainForm({ isOpen, onSend }: PlainFormProps) {
  const [text, setText] = useState("");
  const field = useId();
  const onSubmit = (event: SubmitEvent) => {
    event.preventDefault();
    if (onSend(text)) setText("");
  };
  return (
    <form className="plain-form" onSubmit={onSubmit}>
      <label htmlFor={field}>Text to send</label>
      <input
        id={field}
        type="text"
        value={text}
        autoComplete="off"
        onChange={({ target }) => setText(target.value)}
      />
      <button type="submit" className="button" disabled={!isOpen}>
        Send bare
      </button>
    </form>
  );
}
