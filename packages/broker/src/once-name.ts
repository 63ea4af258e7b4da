/** The name under which an idempotency key is remembered. */
import { createHash } from "node:crypto";

/** One name for one sender, channel and key, whatever characters they hold, and of one length. */
export function onceName(channel: string, sender: string | undefined, key: string): string {
  return createHash("sha256")
    .update(JSON.stringify([channel, sender ?? null, key]))
    .digest("base64url");
}
