/** WebSocket frames as a server sends them: whole messages, unmasked (RFC 6455, section 5.2). */
import { isUtf8 } from "node:buffer";

const FIN_TEXT = 0x81;
const FIN_BINARY = 0x82;

/**
 * One frame that holds `payload`: text when it is valid UTF-8, otherwise binary, since a browser hangs up on a
 * text frame that is not. The payload is copied.
 */
export function encodeFrame(payload: Buffer): Buffer {
  const { length } = payload;
  const headerLength = length < 126 ? 2 : length < 65_536 ? 4 : 10;
  const frame = Buffer.allocUnsafe(headerLength + length);
  frame[0] = isUtf8(payload) ? FIN_TEXT : FIN_BINARY;
  if (headerLength === 2) {
    frame[1] = length;
  } else if (headerLength === 4) {
    frame[1] = 126;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = 127;
    frame.writeBigUInt64BE(BigInt(length), 2);
  }
  payload.copy(frame, headerLength);
  return frame;
}
