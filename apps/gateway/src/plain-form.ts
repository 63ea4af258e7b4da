/** The plain form: a publication is one frame that holds its payload. */
import { encodeFrame } from "./frame.ts";
import type { WireForm } from "./hub.ts";

export const PLAIN: WireForm = {
  encode: (_channel, { payload }) => encodeFrame(payload),
  join: (frames) => (frames.length === 1 ? (frames[0] as Buffer) : Buffer.concat(frames)),
};
