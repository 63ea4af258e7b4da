/** What everybody in a room may know of somebody there. */

import type { Json } from "@tidewire/sdk";
import type { Self } from "../self/self.ts";

export type Info = Readonly<Record<string, Json>>;

/** A user has an id already, of which nobody need be persuaded. */
export function presenceInfo({ user, id, name }: Self, isTyping: boolean): Info {
  return { ...(user === undefined && { id }), name, ...(isTyping && { typing: true }) };
}
