/**
 * The newest frames of a connection, and where it was opened and closed.
 *
 * Invariant: 200 entries of 4 KiB each at most, whatever passes.
 */

export interface Frame {
  /** Counts up from 1. */
  readonly id: number;
  /** `opened` and `closed` are no frames, but say when the connection was. */
  readonly kind: "received" | "sent" | "opened" | "closed";
  /** Since the connection was opened, in milliseconds. */
  readonly sinceMs: number;
  /** Of the whole frame on the wire, as UTF-8. */
  readonly sizeBytes: number;
  readonly text: string;
  /** The text is the beginning of the frame only. */
  readonly isCut: boolean;
  /** It holds signs of life and nothing else. */
  readonly isHeartbeat: boolean;
  /** The text is not what passed, but shows its first bytes. */
  readonly isBinary: boolean;
}

export type NewFrame = Pick<Frame, "kind" | "sinceMs" | "text"> &
  Partial<Pick<Frame, "sizeBytes" | "isHeartbeat" | "isBinary">>;

export const MAX_FRAMES = 200;
export const MAX_TEXT_BYTES = 4_096;

const encoder = new TextEncoder();

/** As UTF-8. */
export function byteLength(text: string): number {
  return encoder.encode(text).length;
}

export class FrameLog {
  #frames: Frame[] = [];
  #lastId = 0;

  add({ text, ...facts }: NewFrame): void {
    const bytes = encoder.encode(text);
    const isCut = bytes.length > MAX_TEXT_BYTES;
    this.#lastId += 1;
    this.#frames.push({
      sizeBytes: bytes.length,
      isHeartbeat: false,
      isBinary: false,
      ...facts,
      id: this.#lastId,
      text: isCut ? beginningOf(bytes) : text,
      isCut,
    });
    if (this.#frames.length > MAX_FRAMES) this.#frames.shift();
  }

  /** The oldest first. */
  read(): readonly Frame[] {
    return [...this.#frames];
  }
}

/** A text of its own: a slice of the whole one would keep that alive. A character that does not fit is left out. */
function beginningOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes.subarray(0, MAX_TEXT_BYTES), { stream: true });
}
