/** What everybody in a room may know of somebody there. */

import type { Json } from "@tidewire/sdk";
import type { Self } from "../self/self.ts";

export type Info = Readonly<Record<string, Json>>;

/**
 * A user has an id already, of which nobody need be persuaded; and a name that nobody has chosen follows from the id.
 *
 * @param typing `false` says the same as `undefined`, and says it anew
 */
export function presenceInfo({ user, id, name, isNamed }: Self, typing: boolean | undefined): Info {
  return {
    ...(user === undefined && { id }),
    ...(isNamed && { name }),
    ...(typing !== undefined && { typing }),
  };
}
