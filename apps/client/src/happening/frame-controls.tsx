/** Pause, clear, and what else belongs above a list of frames. */

import type { ReactNode } from "react";
import type { FrameView } from "./use-frame-view.ts";

interface FrameControlsProps {
  readonly view: FrameView;
  readonly children?: ReactNode;
}

export function FrameControls({ view, children }: FrameControlsProps) {
  const { isPaused, newer, togglePause, clear } = view;
  return (
    <div className="frame-controls">
      {children}
      <span className="frame-buttons">
        {newer > 0 && <span className="frames-newer">{newer} newer</span>}
        <button type="button" className="button small" aria-pressed={isPaused} onClick={togglePause}>
          Pause
        </button>
        <button type="button" className="button small" onClick={clear}>
          Clear
        </button>
      </span>
    </div>
  );
}
