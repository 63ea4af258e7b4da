/** Who is in a room: people, each of them once, however many tabs they have open. */

import type { Info } from "./presence-info.ts";
import { friendlyName } from "../self/friendly-name.ts";
import { personKey, tidyName } from "../self/self.ts";
import { textOf } from "../fields.ts";

/** As presence tells of one. */
export interface PresentMember {
  readonly user?: string;
  readonly connection?: string;
  readonly info?: Info;
}

export interface Person {
  readonly key: string;
  /** Under which one can write to them; absent where somebody is there who says nothing of themselves. */
  readonly id: string | undefined;
  readonly name: string;
  /** Whether the gateway has verified the id. */
  readonly isVerified: boolean;
  readonly isTyping: boolean;
}

const NAMELESS = "Somebody";

/** @param selfKey comes first; the others by name */
export function peopleOf(members: readonly PresentMember[], selfKey: string): readonly Person[] {
  const byKey = new Map<string, Person>();
  for (const member of members) {
    const person = personOf(member);
    const known = byKey.get(person.key);
    byKey.set(person.key, { ...person, isTyping: person.isTyping || (known?.isTyping ?? false) });
  }
  const isOther = ({ key }: Person) => Number(key !== selfKey);
  return [...byKey.values()].toSorted(
    (left, right) =>
      isOther(left) - isOther(right) ||
      left.name.localeCompare(right.name) ||
      (left.key < right.key ? -1 : 1),
  );
}

function personOf({ user, connection, info = {} }: PresentMember): Person {
  const claimed = textOf(info["id"]) || undefined;
  const id = user ?? claimed;
  return {
    key: personKey({ user, id: claimed, connection }),
    id,
    name: tidyName(textOf(info["name"]) ?? "") || (user ?? (claimed ? friendlyName(claimed) : NAMELESS)),
    isVerified: user !== undefined,
    isTyping: info["typing"] === true,
  };
}
