/** What has changed on a channel since readers were told last. */
import type { PresenceMember } from "./presence-member.ts";

/** A member is in one list at most. */
export interface RoomChanges {
  readonly joined: readonly PresenceMember[];
  /** Ids. */
  readonly left: readonly string[];
  readonly updated: readonly PresenceMember[];
  /** After the changes. */
  readonly total: number;
}

/**
 * @param touched members that may be another now, with the info that readers were told; `undefined` for none
 * @param members those of now, with their info
 */
export function changesOf(
  touched: ReadonlyMap<string, string | undefined>,
  members: ReadonlyMap<string, string>,
): RoomChanges {
  const [joined, left, updated]: [{ id: string; info: string }[], string[], { id: string; info: string }[]] =
    [[], [], []];
  for (const [id, before] of touched) {
    const info = members.get(id);
    if (info === undefined) {
      if (before !== undefined) left.push(id);
    } else if (before === undefined) {
      joined.push({ id, info });
    } else if (before !== info) {
      updated.push({ id, info });
    }
  }
  return { joined, left, updated, total: members.size };
}
