/**
 * The newest of a channel, in its order, and older ones that were fetched.
 *
 * Invariant: no position stands in it twice, and what it shows is copied when it is looked at, not for each message.
 */
import type { Gap, KeptPage, Message } from "../message.ts";
import type { RawEntry } from "./channel-entry.ts";

export class EntryList {
  readonly #positions = new Set<string>();
  /** The oldest beyond the limit are not shown, and removed many at a time. */
  #entries: RawEntry[] = [];
  #shown: readonly RawEntry[] | undefined;
  #limit: number;
  #lastKey = 0;
  #firstKey = 0;
  #removals = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Up to the limit; the same array while nothing has changed. */
  get shown(): readonly RawEntry[] {
    this.#shown ??= this.#entries.slice(this.#surplus);
    return this.#shown;
  }

  /** Whether some are not shown. */
  get hasMore(): boolean {
    return this.#surplus > 0;
  }

  /** Changes when the oldest were removed: what comes before them has no place in front of the rest any more. */
  get removals(): number {
    return this.#removals;
  }

  get oldestPosition(): string | undefined {
    return this.#entries.map(positionOf).find((position) => position !== undefined);
  }

  /** False where it is as high already. */
  raiseLimit(limit: number): boolean {
    if (limit <= this.#limit) return false;
    this.#limit = limit;
    this.#shown = undefined;
    return true;
  }

  /** False for a message that came with a page already. */
  addMessage(message: Message): boolean {
    if (this.#has(message)) return false;
    this.#append({ kind: "message", key: this.#nextKey(), message });
    return true;
  }

  addGap(gap: Gap): void {
    this.#append({ kind: "gap", key: this.#nextKey(), gap });
  }

  /** Puts a page in front that was read before what is here, or as the newest when there was nothing yet. */
  prepend({ messages, complete }: KeptPage, channel: string): void {
    // From the first one that is here, all others came too, or are on their way.
    const known = messages.findIndex((message) => this.#has(message));
    const older = known < 0 ? messages : messages.slice(0, known);
    this.#firstKey -= older.length + 1;
    const key = this.#firstKey;
    const entries: RawEntry[] = older.map((message, index) => ({
      kind: "message",
      key: key + index,
      message,
    }));
    if (!complete)
      entries.push({ kind: "gap", key: key + older.length, gap: { channel, reason: "gateway" } });
    for (const entry of entries) this.#note(entry);
    this.#entries = [...entries, ...this.#entries];
    this.#shown = undefined;
  }

  /** Removes what is beyond the limit. */
  trim(): void {
    if (this.#surplus === 0) return;
    for (const entry of this.#entries.splice(0, this.#surplus)) {
      const position = positionOf(entry);
      if (position !== undefined) this.#positions.delete(position);
    }
    this.#removals += 1;
  }

  get #surplus(): number {
    return Math.max(0, this.#entries.length - this.#limit);
  }

  #append(entry: RawEntry): void {
    this.#entries.push(entry);
    this.#note(entry);
    if (this.#entries.length > this.#limit * 2) this.trim();
    this.#shown = undefined;
  }

  #note(entry: RawEntry): void {
    const position = positionOf(entry);
    if (position !== undefined) this.#positions.add(position);
  }

  #has({ position }: Message): boolean {
    return position !== undefined && this.#positions.has(position);
  }

  #nextKey(): number {
    this.#lastKey += 1;
    return this.#lastKey;
  }
}

function positionOf(entry: RawEntry): string | undefined {
  return entry.kind === "message" ? entry.message.position : undefined;
}
