/** Frames as they passed, the newest at the bottom. */

import { memo } from "react";
import { useStickToBottom } from "../chat/use-stick-to-bottom.ts";
import type { Frame } from "./frame-log.ts";
import { prettyLine } from "./pretty-line.ts";

interface FrameListProps {
  readonly frames: readonly Frame[];
  readonly label: string;
  /** Whether a frame holds lines of JSON. */
  readonly hasLines: boolean;
  /** Stands there while there is no frame. */
  readonly emptyText: string;
}

/** Nothing depends on where the box stands. */
function ignore() {}

export function FrameList({ frames, label, hasLines, emptyText }: FrameListProps) {
  const { box, onScroll } = useStickToBottom(".frame", ignore);
  return (
    // What scrolls must take the focus, or the keyboard alone could not scroll it.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <section ref={box} className="frames" aria-label={label} tabIndex={0} onScroll={onScroll}>
      {/* Each frame read out would be too much. */}
      <div role="log" aria-live="off" aria-label={label}>
        <ol>
          {frames.map((frame) => (
            <FrameRow key={frame.id} frame={frame} hasLines={hasLines} />
          ))}
        </ol>
      </div>
      {frames.length === 0 && <p className="frames-empty">{emptyText}</p>}
    </section>
  );
}

const arrows: Record<Frame["kind"], string> = { received: "↓", sent: "↑", opened: "●", closed: "○" };

const FrameRow = memo(({ frame, hasLines }: { readonly frame: Frame; readonly hasLines: boolean }) => {
  const { kind, sinceMs, sizeBytes } = frame;
  return (
    <li className="frame" data-kind={kind}>
      <span className="frame-facts">
        <span aria-hidden="true">{arrows[kind]}</span> <span className="visually-hidden">{kind}</span>
        <span>{(sinceMs / 1_000).toFixed(3)} s</span> {sizeBytes > 0 && <span>{sizeText(sizeBytes)}</span>}
      </span>
      <div className="frame-text">
        {kind === "received" || kind === "sent" ? (
          <FrameText frame={frame} hasLines={hasLines} />
        ) : (
          <em>{`${kind} ${frame.text}`.trim()}</em>
        )}
      </div>
    </li>
  );
});
FrameRow.displayName = "FrameRow";

function FrameText({ frame, hasLines }: { readonly frame: Frame; readonly hasLines: boolean }) {
  const { text, isCut, isBinary } = frame;
  if (text === "") return <em>an empty frame</em>;
  // What is cut is no JSON any more.
  const lines = hasLines && !isCut ? text.split("\n").map(prettyLine) : [text];
  return (
    <>
      {isBinary && <em>binary: </em>}
      {/* The lines of a frame never change: where one stands is all there is to know it by. */}
      {lines.map((line, index) => (
        // oxlint-disable-next-line react/no-array-index-key
        <code key={index}>{line}</code>
      ))}
      {isCut && <em>… cut here</em>}
    </>
  );
}

function sizeText(bytes: number): string {
  return bytes < 10_000 ? `${bytes.toLocaleString("en-GB")} B` : `${Math.round(bytes / 1_024)} KiB`;
}
