/**
 * One stream channel that somebody here reads: its newest entries, and what follows any position in it.
 *
 * Invariant: what is answered behind a position is all there is from there up to the last entry answered, or it is said
 * that something may be missing.
 */
import {
  type BrokerError,
  compareIds,
  type Entry,
  formatPosition,
  type Page,
  type Position,
  type Result,
  type Streams,
  type Stretch,
} from "@tidewire/broker";
import type { LimitFunction } from "p-limit";
import type { Cursor } from "./cursor.ts";
import type { Hub } from "./hub.ts";
import { KeptEntry } from "./kept-entry.ts";
import { isAt, type Older, RecentEntries } from "./recent-entries.ts";

/** Most bytes of payloads in a read that fills the memory, or that a reader asks for as the last ones. */
const MAX_WARM_BYTES = 1_048_576;
/** Most bytes of payloads, and most entries, in a read for readers that are further behind. */
const MAX_PAGE_BYTES = 65_536;
const MAX_PAGE_ENTRIES = 1_000;

export interface StreamChannelOptions {
  readonly channel: string;
  readonly read: Streams["read"];
  readonly hub: Hub;
  /** Through which all reads of this gateway go. */
  readonly reads: LimitFunction;
  /** Most entries in memory. */
  readonly maxRecent: number;
  /** Whether the broker gives its entries, and to this one. */
  readonly isOpen: (stream: StreamChannel) => boolean;
  /** So many bytes more are in memory, about. */
  readonly onGrown: (bytes: number) => void;
}

export type Continuation =
  /** Right behind the position; none when it is the head. */
  | { readonly kind: "entries"; readonly entries: readonly KeptEntry[] }
  /** The position is one that this gateway has not heard of yet. */
  | { readonly kind: "ahead" }
  /** Something behind the position may be missing. */
  | { readonly kind: "missing" }
  | { readonly kind: "failed"; readonly error: BrokerError };

/** Where a reader wants to begin. */
export type Start =
  | { readonly kind: "now" }
  | { readonly kind: "since"; readonly position: Position }
  /** With the newest so many entries. */
  | { readonly kind: "last"; readonly count: number };

/** Where a reader does begin. */
export interface Opening {
  readonly position: Position;
  /** Right behind the position where they are there already; for `last`, right before it. */
  readonly entries: readonly KeptEntry[];
  readonly isComplete: boolean;
}

const AT_HEAD: Continuation = { kind: "entries", entries: [] };
const MISSING: Continuation = { kind: "missing" };
const GIVEN_UP: Result<Opening> = {
  ok: false,
  error: { code: "unavailable", message: "the channel was given up meanwhile" },
};

export class StreamChannel {
  readonly #options: StreamChannelOptions;
  readonly #recent: RecentEntries;
  readonly #cursors = new Set<Cursor>();
  #head: Position;
  /** Counts gaps: what was read before one does not fit what came after. */
  #gaps = 0;
  #warming: Promise<void> | undefined;
  /** Look-ups under way, by position: readers that left together come back together. */
  readonly #lookUps = new Map<string, Promise<Continuation>>();

  constructor(head: Position, options: StreamChannelOptions) {
    this.#options = options;
    this.#head = head;
    this.#recent = new RecentEntries(head, options.maxRecent);
  }

  get name(): string {
    return this.#options.channel;
  }

  /** Behind the last entry that was heard. */
  get head(): Position {
    return this.#head;
  }

  get recentBytes(): number {
    return this.#recent.bytes;
  }

  get cursors(): ReadonlySet<Cursor> {
    return this.#cursors;
  }

  /** It is told of gaps from now on. */
  enter(cursor: Cursor): void {
    this.#cursors.add(cursor);
  }

  leave(cursor: Cursor): void {
    this.#cursors.delete(cursor);
  }

  hear(entry: Entry): void {
    const kept = new KeptEntry(this.name, entry);
    this.#recent.add(kept);
    this.#head = entry.position;
    this.#options.hub.deliverKept(this.name, kept);
    this.#options.onGrown(kept.bytes);
  }

  hearGap(head: Position): void {
    // What came before it goes out first.
    this.#options.hub.flush(this.name);
    this.#gaps += 1;
    this.#head = head;
    this.#recent.reset(head);
    this.#warming = undefined;
    for (const cursor of this.#cursors) cursor.hearGap(head);
  }

  forgetHalf(): void {
    this.#recent.halve();
  }

  /** What was kept before that time, in milliseconds since 1970, is not given any more. */
  forgetBefore(timeMs: number): void {
    this.#recent.dropBefore(timeMs);
  }

  /** What follows a position; at once when it is in memory. */
  next(position: Position): Continuation | Promise<Continuation> {
    return this.#recall(position) ?? this.#share(position);
  }

  /** Fails when the channel was given up meanwhile. */
  async open(start: Start): Promise<Result<Opening>> {
    const opening = await this.#open(start);
    return this.#options.isOpen(this) ? opening : GIVEN_UP;
  }

  async #open(start: Start): Promise<Result<Opening>> {
    switch (start.kind) {
      case "now":
        return opened({ position: this.#head, entries: [], isComplete: true });
      case "since":
        return this.#openSince(start.position);
      case "last":
        return this.#recallLast(start.count) ?? this.#options.reads(() => this.#lookUpLast(start.count));
      default:
        return start satisfies never;
    }
  }

  async #openSince(position: Position): Promise<Result<Opening>> {
    const next = await this.next(position);
    switch (next.kind) {
      case "entries":
        return opened({ position, entries: next.entries, isComplete: true });
      case "ahead":
        return opened({ position, entries: [], isComplete: true });
      case "missing":
        return opened({ position: this.#head, entries: [], isComplete: false });
      case "failed":
        return { ok: false, error: next.error };
      default:
        return next satisfies never;
    }
  }

  #share(position: Position): Promise<Continuation> {
    const key = formatPosition(position);
    const known = this.#lookUps.get(key);
    if (known) return known;
    const lookUp = this.#options.reads(() => this.#lookUp(position));
    this.#lookUps.set(key, lookUp);
    const forget = () => this.#lookUps.delete(key);
    lookUp.then(forget, forget);
    return lookUp;
  }

  #recall(position: Position): Continuation | undefined {
    if (isAt(position, this.#head)) return AT_HEAD;
    const entries = this.#recent.after(position);
    if (entries) return { kind: "entries", entries };
    return position.epoch === this.#head.epoch ? undefined : MISSING;
  }

  async #lookUp(position: Position): Promise<Continuation> {
    // While this one waited, others may have read what it needs.
    const recalled = this.#recall(position);
    if (recalled) return recalled;
    await this.#warmUp();
    return this.#recall(position) ?? this.#readAfter(position);
  }

  async #readAfter(position: Position): Promise<Continuation> {
    const gaps = this.#gaps;
    const result = await this.#read({ kind: "after", position }, MAX_PAGE_ENTRIES, MAX_PAGE_BYTES);
    if (!result.ok) return { kind: "failed", error: result.error };
    if (!result.value.isComplete || gaps !== this.#gaps) return MISSING;
    const entries = this.#heard(result.value.entries);
    if (entries.length > 0) {
      this.#prepend({ entries, start: position });
      return { kind: "entries", entries };
    }
    const order = compareIds(position.id, this.#head.id);
    if (order === 0) return AT_HEAD;
    return order > 0 ? { kind: "ahead" } : MISSING;
  }

  #recallLast(count: number): Result<Opening> | undefined {
    const { entries, isAll } = this.#recent.last(count, MAX_WARM_BYTES);
    return isAll ? opened({ position: this.#head, entries, isComplete: true }) : undefined;
  }

  async #lookUpLast(count: number): Promise<Result<Opening>> {
    await this.#warmUp();
    const recalled = this.#recallLast(count);
    if (recalled) return recalled;
    const result = await this.#read({ kind: "last" }, count, MAX_WARM_BYTES);
    if (!result.ok) return result;
    const entries = this.#heard(result.value.entries);
    return opened({ position: entries.at(-1)?.position ?? this.#head, entries, isComplete: true });
  }

  /** The first reader that asks for something older has all find it. */
  #warmUp(): Promise<void> {
    return (this.#warming ??= this.#warm());
  }

  async #warm(): Promise<void> {
    const gaps = this.#gaps;
    const newest = await this.#read({ kind: "last" }, this.#options.maxRecent, MAX_WARM_BYTES);
    if (!newest.ok) {
      // The next reader tries again.
      this.#warming = undefined;
      return;
    }
    const { entries, isComplete, hasMore } = newest.value;
    if (!isComplete || gaps !== this.#gaps) return;
    this.#prepend({ entries: this.#heard(entries), isWhole: !hasMore });
  }

  #prepend(older: Older): void {
    const before = this.#recent.bytes;
    this.#recent.prepend(older);
    this.#options.onGrown(this.#recent.bytes - before);
  }

  #read(stretch: Stretch, limit: number, maxBytes: number): Promise<Result<Page>> {
    const { read, channel } = this.#options;
    return read(channel, { stretch, limit, maxBytes });
  }

  /** Those that this gateway has heard: the others come by themselves. */
  #heard(entries: readonly Entry[]): readonly KeptEntry[] {
    const heard = entries.filter(({ position }) => compareIds(position.id, this.#head.id) <= 0);
    return heard.map((entry) => new KeptEntry(this.name, entry));
  }
}

function opened(opening: Opening): Result<Opening> {
  return { ok: true, value: opening };
}
