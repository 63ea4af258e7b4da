/** What the log shows of a message. */

import type { Message } from "@tidewire/sdk";
import { hexPreview } from "./hex-preview.ts";
import type { LogItem } from "./log-buffer.ts";

export function messageItem({ data, bytes, sender }: Message): LogItem {
  if (bytes) return { kind: "binary", sizeBytes: bytes.length, preview: hexPreview(bytes), sender };
  // A text is shown as it came, and anything else as the JSON that it is.
  return { kind: "text", text: typeof data === "string" ? data : JSON.stringify(data), sender };
}
