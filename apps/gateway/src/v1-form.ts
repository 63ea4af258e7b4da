/** The v1 form: a publication is one line of JSON, and the lines of one turn share frames. */
import { isUtf8 } from "node:buffer";
import type { Publication } from "@tidewire/broker";
import {
  encode,
  encodeMessage,
  isShallow,
  type Json,
  MAX_DATA_DEPTH,
  type MessageHead,
} from "@tidewire/protocol";
import { textFrame } from "./frame.ts";
import type { Place, WireForm } from "./hub.ts";

/** A frame is closed before the line with which it would grow longer, in bytes: clients bound what they take. */
const MAX_FRAME_BYTES = 65_536;

/** @param now milliseconds since 1970 */
export function createV1Form(now: () => number): WireForm {
  return {
    encode: (channel, publication, place) => {
      return Buffer.from(lineOf(channel, publication, place ?? { time: now() }));
    },
    join: joinLines,
    gap: (channel, position) => {
      return Buffer.from(encode({ type: "gap", channel, ...(position !== undefined && { position }) }));
    },
  };
}

function lineOf(
  channel: string,
  publication: Publication,
  { position, time }: Partial<Place> & Pick<Place, "time">,
): string {
  const { sender } = publication;
  const from = sender === undefined ? {} : { sender };
  const at = position === undefined ? { time } : { time, position };
  return withPayload({ type: "message", channel, ...from, ...at }, publication);
}

/** The head as JSON, and in it what the publication holds: JSON as it is, in one line, or a text, or bytes as Base64. */
export function withPayload(head: MessageHead, { payload, format }: Publication): string {
  if (!isUtf8(payload)) return JSON.stringify({ ...head, base64: payload.toString("base64") });
  const text = payload.toString();
  return encodeMessage(head, isJson(text, format) ? toOneLine(text) : JSON.stringify(text));
}

/** Whether readers get `text` as the JSON that it is, or as a string. */
export function isJson(text: string, format: Publication["format"]): boolean {
  if (format === "text") return false;
  // Without a word from the publisher only what can hardly be meant otherwise counts, so that "007" stays what it is.
  if (format === undefined && !/^\s*[[{]/.test(text)) return false;
  try {
    return isShallow(JSON.parse(text) as Json, MAX_DATA_DEPTH);
  } catch {
    return false;
  }
}

// Inside of strings JSON has no line breaks, so each one stands between two parts, where any white space will do. To
// write the value anew would change long numbers.
function toOneLine(json: string): string {
  return json.replaceAll(/[\r\n]/g, " ");
}

function joinLines(lines: readonly Buffer[]): Buffer {
  const frames: Buffer[] = [];
  let open: Buffer[] = [];
  let bytes = 0;
  for (const line of lines) {
    if (open.length > 0 && bytes + line.length > MAX_FRAME_BYTES) {
      frames.push(textFrame(open));
      open = [];
      bytes = 0;
    }
    open.push(line);
    bytes += line.length + 1;
  }
  frames.push(textFrame(open));
  return frames.length === 1 ? (frames[0] as Buffer) : Buffer.concat(frames);
}
