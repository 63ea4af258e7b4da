/** Which frames a person sees: those since they cleared, and while they pause none that are newer. */

import { useState } from "react";
import type { Frame } from "./frame-log.ts";

export interface FrameView {
  readonly shown: readonly Frame[];
  readonly isPaused: boolean;
  /** How many came since the pause began. */
  readonly newer: number;
  readonly togglePause: () => void;
  readonly clear: () => void;
}

/** @param passes whether a person wants to see it at all; by default all */
export function useFrameView(
  frames: readonly Frame[],
  passes: (frame: Frame) => boolean = () => true,
): FrameView {
  const [paused, setPaused] = useState<readonly Frame[]>();
  const [clearedId, setClearedId] = useState(0);
  const seen = paused ?? frames;
  const newestSeenId = seen.at(-1)?.id ?? 0;
  return {
    shown: seen.filter((frame) => frame.id > clearedId && passes(frame)),
    isPaused: paused !== undefined,
    newer: frames.filter((frame) => frame.id > newestSeenId && passes(frame)).length,
    togglePause: () => setPaused(paused === undefined ? frames : undefined),
    clear: () => setClearedId(newestSeenId),
  };
}
