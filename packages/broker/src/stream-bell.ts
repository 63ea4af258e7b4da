/**
 * The doorbell: what every append tells on a name beside the stream, so that followers need not ask.
 *
 * It is `<position before> <position> <metadata as JSON, or nothing> LF <payload>`. JSON escapes control characters, so
 * the first LF ends the beginning. An empty one, or any other text, says: look into the stream.
 */
import { MAX_METADATA_BYTES, parseMetadata } from "./metadata.ts";
import { parsePosition } from "./position.ts";
import type { Entry, Position } from "./streams.ts";

const LF = 0x0a;
/** Two positions and metadata are never longer. */
const MAX_HEADER_BYTES = MAX_METADATA_BYTES + 512;
const HEADER = /^(\S+) (\S+) (.*)$/;

export interface Bell {
  /** Where the stream ended before the entry. */
  readonly before: Position;
  readonly entry: Entry;
}

/** `undefined` for all that no append wrote. */
export function parseBell(bytes: Buffer): Bell | undefined {
  const end = bytes.subarray(0, MAX_HEADER_BYTES + 1).indexOf(LF);
  if (end === -1) return undefined;
  const [, first = "", second = "", text = ""] = HEADER.exec(bytes.toString("utf8", 0, end)) ?? [];
  const before = parsePosition(first);
  const position = parsePosition(second);
  const metadata = text === "" ? {} : parseMetadata(text);
  if (!before || !position || !metadata) return undefined;
  return { before, entry: { position, publication: { ...metadata, payload: bytes.subarray(end + 1) } } };
}
