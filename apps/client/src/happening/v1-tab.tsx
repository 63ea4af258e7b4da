/** What this page itself says to the gateway, and hears from it. */

import { useState } from "react";
import type { PushTarget } from "../outside/push-commands.ts";
import { FrameControls } from "./frame-controls.tsx";
import { FrameList } from "./frame-list.tsx";
import type { Frame } from "./frame-log.ts";
import { useFrameView } from "./use-frame-view.ts";
import { v1Commands } from "./what-to-type.ts";
import { WhatToType } from "./what-to-type-list.tsx";

interface V1TabProps {
  readonly frames: readonly Frame[];
  readonly target: PushTarget;
  readonly hasToken: boolean;
}

export function V1Tab({ frames, target, hasToken }: V1TabProps) {
  const [isWithout, setIsWithout] = useState(true);
  const view = useFrameView(frames, ({ isHeartbeat }) => !(isWithout && isHeartbeat));
  return (
    <>
      <p className="console-about">
        This page’s own connection: requests with an <code>id</code>, their replies, and what the gateway
        pushes. One line each, several in a frame where they come together.
      </p>
      <FrameControls view={view}>
        <label className="check">
          <input
            type="checkbox"
            checked={isWithout}
            onChange={({ target: { checked } }) => setIsWithout(checked)}
          />
          Hide heartbeats
        </label>
      </FrameControls>
      <FrameList
        frames={view.shown}
        label="Frames of tidewire.v1"
        hasLines
        emptyText="Nothing has passed since. Send a message, and it appears here."
      />
      <WhatToType commands={v1Commands(target, hasToken)} />
    </>
  );
}
