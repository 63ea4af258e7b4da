/** What one observer is told, written down in order, and what it knows by it now. */
import type { V1Message } from "@tidewire/testkit";
import type { ObserverLog, Seen, Shown } from "./evidence.ts";
import { Roster } from "./roster.ts";

/** A member as gateways tell of it. */
export interface Named {
  readonly user?: string;
  readonly connection?: string;
  readonly info?: { readonly n?: number };
}

/** Numbers of infos by names. */
export function shownIn(members: unknown): Map<string, number> {
  const named = (members ?? []) as readonly Named[];
  return new Map(named.map((member) => [nameOf(member), member.info?.n ?? 0]));
}

function nameOf({ user, connection }: Named): string {
  return user ?? `connection ${connection}`;
}

export class Observer implements ObserverLog {
  readonly name: string;
  readonly seen: Seen[] = [];
  readonly #roster = new Roster();

  constructor(name: string) {
    this.name = name;
  }

  /** What it knows, when that is certain. */
  get members(): Shown | undefined {
    return this.#roster.isComplete ? this.#roster.members : undefined;
  }

  begin(gateway: number): void {
    this.#take({ kind: "begun", gateway, atMs: performance.now() });
  }

  hear(push: V1Message): void {
    const atMs = performance.now();
    if (push.type === "members") {
      const isComplete = push["complete"] !== false;
      this.#take({ kind: "members", isComplete, members: shownIn(push["members"]), atMs });
    } else if (push.type === "presence") {
      this.#take({
        kind: "changes",
        joined: shownIn(push["joined"]),
        updated: shownIn(push["updated"]),
        left: [...shownIn(push["left"]).keys()],
        total: Number(push["total"]),
        atMs,
      });
    }
  }

  #take(seen: Seen): void {
    this.seen.push(seen);
    this.#roster.take(seen);
  }
}
