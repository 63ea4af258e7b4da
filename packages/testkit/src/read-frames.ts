/** Reads WebSocket frames with the receiver of `ws`, so that what is checked is not what is tested. */
import type { Writable } from "node:stream";
import * as ws from "ws";

export interface ReceivedMessage {
  readonly data: Buffer;
  readonly isBinary: boolean;
}

// Exported by `ws`, but not known to its types.
const { Receiver } = ws as unknown as { Receiver: new (options: { isServer: boolean }) => Writable };

/** The messages in `bytes`, as a client reads them; rejects at the first fault. */
export async function readFrames(bytes: Buffer): Promise<ReceivedMessage[]> {
  const receiver = new Receiver({ isServer: false });
  const messages: ReceivedMessage[] = [];
  receiver.on("message", (data: Buffer, isBinary: boolean) => messages.push({ data, isBinary }));
  await new Promise<void>((resolve, reject) => {
    receiver.on("error", reject);
    receiver.end(bytes, resolve);
  });
  return messages;
}
