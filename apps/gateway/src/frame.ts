/** WebSocket frames as a server sends them: whole messages, unmasked (RFC 6455, section 5.2). */
import { isUtf8 } from "node:buffer";

const FIN_TEXT = 0x81;
const FIN_BINARY = 0x82;
const LINE_BREAK = 0x0a;

/**
 * One frame that holds `payload`: text when it is valid UTF-8, otherwise binary, since a browser hangs up on a
 * text frame that is not. The payload is copied.
 */
export function encodeFrame(payload: Buffer): Buffer {
  const { frame, start } = openFrame(isUtf8(payload) ? FIN_TEXT : FIN_BINARY, payload.length);
  payload.copy(frame, start);
  return frame;
}

/** One text frame that holds lines of UTF-8, with a line break between each two. The lines are copied. */
export function textFrame(lines: readonly Buffer[]): Buffer {
  const length = lines.reduce((sum, line) => sum + line.length + 1, -1);
  const { frame, start } = openFrame(FIN_TEXT, length);
  let at = start;
  for (const line of lines) {
    if (at > start) frame[at++] = LINE_BREAK;
    at += line.copy(frame, at);
  }
  return frame;
}

function openFrame(firstByte: number, length: number): { frame: Buffer; start: number } {
  const start = length < 126 ? 2 : length < 65_536 ? 4 : 10;
  const frame = Buffer.allocUnsafe(start + length);
  frame[0] = firstByte;
  if (start === 2) {
    frame[1] = length;
  } else if (start === 4) {
    frame[1] = 126;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = 127;
    frame.writeBigUInt64BE(BigInt(length), 2);
  }
  return { frame, start };
}
