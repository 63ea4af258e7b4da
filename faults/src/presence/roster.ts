/** What an observer knows, kept by what it is told as the protocol says; what does not fit is noted. */
import type { Seen, Shown } from "./evidence.ts";

/** A member that was there and is not any more. */
export interface Departure {
  readonly member: string;
  readonly atMs: number;
  /** Whether it was told as left; otherwise a new list lacks it. */
  readonly isTold: boolean;
}

export class Roster {
  /** `undefined` before the first list of a connection. */
  members: Map<string, number> | undefined;
  /** Whether the last list was certain. */
  isComplete = false;
  readonly departures: Departure[] = [];
  /** In words. */
  readonly faults: string[] = [];

  take(seen: Seen): void {
    switch (seen.kind) {
      case "begun":
        this.members = undefined;
        return;
      case "members":
        return this.#replace(seen);
      case "changes":
        return this.#change(seen);
      default:
        return seen satisfies never;
    }
  }

  #replace({ members, isComplete, atMs }: Extract<Seen, { kind: "members" }>): void {
    for (const member of this.members?.keys() ?? [])
      if (!members.has(member)) this.departures.push({ member, atMs, isTold: false });
    this.members = new Map(members);
    this.isComplete = isComplete;
  }

  #change({ joined, updated, left, total, atMs }: Extract<Seen, { kind: "changes" }>): void {
    const { members } = this;
    if (!members) return void this.faults.push(`changes before the first list at ${Math.round(atMs)} ms`);
    this.#note(members, joined, { word: "joined", isExpected: false, atMs });
    this.#note(members, updated, { word: "updated", isExpected: true, atMs });
    for (const member of left) {
      if (!members.delete(member)) this.faults.push(`${member} left, and was not there, ${at(atMs)}`);
      this.departures.push({ member, atMs, isTold: true });
    }
    if (members.size !== total) this.faults.push(`${total} in all, not ${members.size}, ${at(atMs)}`);
  }

  #note(members: Map<string, number>, shown: Shown, expected: Expected): void {
    const { word, isExpected, atMs } = expected;
    for (const [member, info] of shown) {
      if (members.has(member) !== isExpected)
        this.faults.push(`${member} ${word}, and was ${isExpected ? "not " : ""}there, ${at(atMs)}`);
      members.set(member, info);
    }
  }
}

interface Expected {
  readonly word: string;
  readonly isExpected: boolean;
  readonly atMs: number;
}

function at(atMs: number): string {
  return `at ${Math.round(atMs)} ms`;
}
