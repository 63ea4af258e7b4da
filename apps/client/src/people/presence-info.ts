/** What everybody in a room may know of somebody there. */

import type { Json } from "@tidewire/sdk";
import type { Self } from "../self/self.ts";

export type Info = Readonly<Record<string, Json>>;

/** A user has an id already, of which nobody need be persuaded; and a name that nobody has chosen follows from the id. */
export function presenceInfo({ user, id, name, isNamed }: Self, isTyping: boolean): Info {
  return {
    ...(user === undefined && { id }),
    ...(isNamed && { name }),
    ...(isTyping && { typing: true }),
  };
}
