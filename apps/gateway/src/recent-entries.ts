/**
 * The newest entries of one stream channel, in memory.
 *
 * Invariant: they are all that came, each right behind the one before it, up to the last one that was added. Behind a
 * position that is known here, none is missing here.
 */
import { compareIds, NO_DIGEST, type Position } from "@tidewire/broker";
import { type KeptEntry, timeOf } from "./kept-entry.ts";

/** Entries that precede those that are here. */
export interface Older {
  /** Each right behind the one before it. */
  readonly entries: readonly KeptEntry[];
  /** The position right before them, where it is known. */
  readonly start?: Position;
  /** Whether there are no older ones. @default false */
  readonly isWhole?: boolean;
}

export class RecentEntries {
  readonly #maxCount: number;
  /** The position right before the first entry, where it is known. */
  #start: Position | undefined;
  #entries: KeptEntry[] = [];
  /** How many at the beginning of the array are gone already. */
  #gone = 0;
  #bytes = 0;
  /** Whether the stream holds no older ones. */
  #isWhole = false;

  constructor(start: Position, maxCount: number) {
    this.#start = start;
    this.#maxCount = maxCount;
  }

  get count(): number {
    return this.#entries.length - this.#gone;
  }

  /** About how much memory they take. */
  get bytes(): number {
    return this.#bytes;
  }

  add(entry: KeptEntry): void {
    this.#entries.push(entry);
    this.#bytes += entry.bytes;
    if (this.count > this.#maxCount) this.#drop(1);
  }

  /** Begins anew, behind a gap. */
  reset(start: Position): void {
    this.#start = start;
    this.#entries = [];
    this.#gone = 0;
    this.#bytes = 0;
    this.#isWhole = false;
  }

  /** Gives up the older half. */
  halve(): void {
    this.#drop(Math.ceil(this.count / 2));
  }

  /** Older entries, read elsewhere. They are of use only when they reach up to those here. */
  prepend({ entries, start, isWhole = false }: Older): void {
    const first = this.#entries[this.#gone];
    const seam = this.#start ?? first?.position;
    const last = entries.at(-1);
    if (!last && isWhole && this.count === 0) this.#isWhole = true;
    if (!last || (seam && compareIds(last.position.id, seam.id) < 0)) return;
    const older = first
      ? entries.filter(({ position }) => compareIds(position.id, first.position.id) < 0)
      : entries;
    const room = Math.max(0, this.#maxCount - this.count);
    const taken = room < older.length ? older.slice(older.length - room) : older;
    const isAll = taken.length === older.length;
    this.#start = isAll ? start : older[older.length - taken.length - 1]?.position;
    this.#isWhole = isAll && isWhole;
    this.#entries = [...taken, ...this.#entries.slice(this.#gone)];
    this.#gone = 0;
    for (const { bytes } of taken) this.#bytes += bytes;
  }

  /** What is behind a position; `undefined` when the position is not known here. */
  after(position: Position): readonly KeptEntry[] | undefined {
    const index = this.#indexAfter(position);
    return index === undefined ? undefined : this.#entries.slice(index);
  }

  /**
   * The newest so many, as far as their payloads fit into so many bytes; and whether that is all that the stream has to
   * give within these bounds.
   */
  last(count: number, maxBytes: number): { readonly entries: readonly KeptEntry[]; readonly isAll: boolean } {
    let bytes = 0;
    let from = this.#entries.length;
    for (; from > this.#gone && this.#entries.length - from < count; from -= 1) {
      bytes += this.#entries[from - 1]?.publication.payload.length ?? 0;
      if (bytes > maxBytes && from < this.#entries.length) break;
    }
    const isAll = from > this.#gone || this.#entries.length - from === count || this.#isWhole;
    return { entries: this.#entries.slice(from), isAll };
  }

  dropBefore(timeMs: number): void {
    for (let entry = this.#entries[this.#gone]; entry; entry = this.#entries[this.#gone]) {
      if (timeOf(entry.position) >= timeMs) return;
      this.#drop(1);
    }
  }

  #indexAfter(position: Position): number | undefined {
    if (this.#start && isAt(position, this.#start)) return this.#gone;
    let low = this.#gone;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const entry = this.#entries[middle] as KeptEntry;
      if (compareIds(entry.position.id, position.id) < 0) low = middle + 1;
      else high = middle;
    }
    const found = this.#entries[low];
    return found && isAt(found.position, position) ? low + 1 : undefined;
  }

  #drop(count: number): void {
    for (let left = count; left > 0; left -= 1) {
      const entry = this.#entries[this.#gone];
      if (!entry) return;
      this.#start = entry.position;
      this.#isWhole = false;
      this.#bytes -= entry.bytes;
      this.#gone += 1;
    }
    // Not one by one: that would move all the others each time.
    if (this.#gone * 4 < this.#entries.length) return;
    this.#entries = this.#entries.slice(this.#gone);
    this.#gone = 0;
  }
}

/**
 * Whether two positions of one stream are the same. Of an entry that had left the stream when its position was told,
 * nobody knows any more what it held; the epoch and the id have to do then.
 */
export function isAt(a: Position, b: Position): boolean {
  const isSameEntry = a.digest === b.digest || a.digest === NO_DIGEST || b.digest === NO_DIGEST;
  return a.epoch === b.epoch && a.id === b.id && isSameEntry;
}
