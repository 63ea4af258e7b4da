/**
 * The members of one channel, as far as they are known, in the order in which they became so.
 *
 * Invariant: a member is in it once, and the list is bounded, whatever a gateway says.
 */
import type { PresenceChanges } from "@tidewire/protocol";
import type { Member, PresenceChange } from "./presence-view.ts";

/** No gateway names that many: rooms are big before. */
const MAX_MEMBERS = 10_000;

export type Moves = Omit<PresenceChange, "current">;
export const NO_MOVES: Moves = { joined: [], left: [], updated: [] };

export class MemberList {
  #byId: Map<string, Member> | undefined;
  #shown: readonly Member[] | undefined;
  /** Whether it was certain once: before, nobody can be said to have come by what a list holds. */
  #isKnown = false;

  /** The same array while it is the same. `undefined` where they are not known. */
  get shown(): readonly Member[] | undefined {
    this.#shown ??= this.#byId && [...this.#byId.values()];
    return this.#shown;
  }

  clear(): void {
    this.#byId = undefined;
    this.#isKnown = false;
    this.#shown = undefined;
  }

  /** All who are there, for certain or not. Those who were known stay at their places. */
  replace(members: readonly Member[], isCertain: boolean): Moves {
    const wasKnown = this.#isKnown;
    this.#byId ??= new Map();
    const ids = new Set(members.map(idOf));
    // Nobody is gone only because a gateway has not said again that it is there.
    const gone = isCertain ? [...this.#byId.values()].filter((member) => !ids.has(idOf(member))) : [];
    const moves = this.#move(members, gone);
    this.#isKnown ||= isCertain;
    return wasKnown ? moves : { ...NO_MOVES, left: moves.left };
  }

  /** What has changed; without any list it is a big room, where nobody is known. */
  change({ joined, left, updated }: PresenceChanges): Moves {
    if (!joined && !left && !updated) {
      this.clear();
      return NO_MOVES;
    }
    const [come, gone, other] = [joined ?? [], left ?? [], updated ?? []];
    if (!this.#byId) return { joined: come, left: gone, updated: other };
    return this.#move([...come, ...other], gone);
  }

  #move(present: readonly Member[], gone: readonly Member[]): Moves {
    const byId = this.#byId ?? new Map<string, Member>();
    const moves = { joined: [] as Member[], left: [] as Member[], updated: [] as Member[] };
    for (const member of gone) {
      const known = byId.get(idOf(member));
      if (known) moves.left.push(known);
      byId.delete(idOf(member));
    }
    for (const member of present) {
      const known = byId.get(idOf(member));
      if (known && JSON.stringify(known.info) === JSON.stringify(member.info)) continue;
      moves[known ? "updated" : "joined"].push(member);
      byId.set(idOf(member), member);
    }
    if (byId.size > MAX_MEMBERS) this.clear();
    else if (Object.values(moves).some(({ length }) => length > 0)) this.#shown = undefined;
    return moves;
  }
}

/** No user can have the id of a connection. */
function idOf({ user, connection }: Member): string {
  return user === undefined ? `connection ${connection}` : `user ${user}`;
}
