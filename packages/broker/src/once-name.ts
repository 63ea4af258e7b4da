/** The name under which an idempotency key is remembered. */
import { createHash } from "node:crypto";
import type { Once } from "./broker.ts";

/** One name for one sender, channel and key, whatever characters they hold, and of one length. */
export function onceName(channel: string, sender: string | undefined, { by, key }: Once): string {
  return createHash("sha256")
    .update(JSON.stringify([by, channel, sender ?? null, key]))
    .digest("base64url");
}
