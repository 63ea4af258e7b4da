/**
 * Who is on one channel, for those here who want to know: a mirror of what the broker keeps.
 *
 * Up to a number of members all are known, and every change is told; in a bigger room only how many there are. Invariant:
 * what a reader was told is all there is up to some version, or it is told of everything anew before it hears of any
 * later change. Nothing is held for a reader that does not read.
 */
import { judgeNotice, type MembersPage, type Presence, type PresenceNotice } from "@tidewire/broker";
import type { Log } from "./log.ts";
import type { RoomChanges, RoomForm } from "./presence-form.ts";

/** How often the number of members of a big room is told, in milliseconds. */
const TOTAL_INTERVAL_MS = 1_000;
/** After how long the members are asked for again when the broker could not say for certain, in milliseconds. */
const RETRY_MS = 1_000;
/** Notices that may wait while the members are asked for. Above: they are asked for again. */
const MAX_WAITING = 1_000;

/** One who wants to know. */
export interface RoomReader {
  readonly form: RoomForm;
  /** Whether it has to take something before more should be written. */
  readonly isBusy: boolean;
  whenIdle(action: () => void): void;
  write(frames: Buffer): void;
}

export interface PresenceRoomOptions {
  readonly channel: string;
  readonly presence: Pick<Presence, "watch" | "unwatch" | "members">;
  /** Most members that are told one by one; at most a page of them. */
  readonly maxShown: number;
  readonly log: Log;
}

type Version = MembersPage["version"];

interface Small {
  readonly kind: "small";
  readonly version: Version;
  readonly members: Map<string, string>;
  /** If not, a reset follows. */
  readonly isComplete: boolean;
}

type State =
  /** Readers are told once it is known. */
  | { readonly kind: "unknown" }
  | Small
  | { readonly kind: "big"; readonly version: Version; readonly total: number };

const UNKNOWN: State = { kind: "unknown" };
const NOBODY: ReadonlyMap<string, string> = new Map();

export class PresenceRoom {
  readonly #options: PresenceRoomOptions;
  readonly #readers = new Set<RoomReader>();
  /** Readers that were told less than there was to tell. */
  readonly #behind = new Set<RoomReader>();
  #state: State = UNKNOWN;
  /** Those that were there when it was known last, while that is not known. */
  #former: ReadonlyMap<string, string> = NOBODY;
  /** Members that are not as readers were told, with the info that they were told; `undefined` for none. */
  readonly #touched = new Map<string, string | undefined>();
  /** What was heard while the members are asked for. */
  #waiting: PresenceNotice[] = [];
  /** What all members look like in a form, as long as that is so. */
  readonly #snapshots = new Map<RoomForm, Buffer>();
  #isWatched = false;
  #isLoading = false;
  /** Whether what the load under way brings may be wrong already. */
  #isStale = false;
  #isClosed = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: PresenceRoomOptions) {
    this.#options = options;
    void this.#open();
  }

  get isEmpty(): boolean {
    return this.#readers.size === 0;
  }

  /** It is told of all who are there, and then of every change. */
  add(reader: RoomReader): void {
    // What came earlier in this turn is in what it gets.
    this.#tellChanges();
    this.#readers.add(reader);
    this.#greet(reader);
  }

  remove(reader: RoomReader): void {
    this.#readers.delete(reader);
    this.#behind.delete(reader);
  }

  hear(notice: PresenceNotice): void {
    if (this.#state.kind !== "unknown") return this.#apply(notice);
    if (!this.#isLoading) return;
    this.#waiting.push(notice);
    if (this.#waiting.length > MAX_WAITING) this.reset();
  }

  /** Anything may have been missed. */
  reset(): void {
    this.#forget();
    this.#isStale = true;
    this.#waiting = [];
    if (this.#isWatched && !this.#isLoading) void this.#load();
  }

  close(): void {
    this.#isClosed = true;
    this.#forget();
    this.#options.presence.unwatch(this.#options.channel);
  }

  async #open(): Promise<void> {
    const { channel, presence, log } = this.#options;
    const result = await presence.watch(channel);
    if (this.#isClosed) return;
    if (!result.ok) {
      log.error({ channel }, `nobody is told who is there: ${result.error.message}`);
      return;
    }
    this.#isWatched = true;
    this.reset();
  }

  async #load(): Promise<void> {
    const { channel, presence, maxShown: limit } = this.#options;
    this.#isLoading = true;
    while (this.#isStale && !this.#isClosed) {
      this.#isStale = false;
      this.#waiting = [];
      const result = await presence.members(channel, { limit });
      if (this.#isStale || this.#isClosed) continue;
      if (result.ok) this.#take(result.value);
      else this.#wait(RETRY_MS, () => this.reset());
    }
    this.#isLoading = false;
  }

  #take({ members: page, total, version, isComplete }: MembersPage): void {
    const members = new Map(page.map(({ id, info }) => [id, info]));
    // Nobody is to vanish only because its gateway has not said again that it is there.
    if (!isComplete) for (const [id, info] of this.#former) if (!members.has(id)) members.set(id, info);
    this.#former = NOBODY;
    const isBig = Math.max(total, members.size) > this.#options.maxShown;
    this.#state = isBig ? { kind: "big", version, total } : { kind: "small", version, members, isComplete };
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const notice of waiting) this.hear(notice);
    // Whatever they brought is in it.
    this.#touched.clear();
    for (const reader of this.#readers) this.#greet(reader);
  }

  #apply(notice: PresenceNotice): void {
    const state = this.#state;
    if (state.kind === "unknown") return;
    const verdict = judgeNotice(notice, state.version);
    switch (verdict) {
      case "old":
        return;
      case "missed":
        return this.reset();
      case "next":
        return state.kind === "small" ? this.#change(state, notice) : this.#count(state, notice);
      default:
        return verdict satisfies never;
    }
  }

  #change(state: Small, { changes, version }: PresenceNotice): void {
    const { members } = state;
    this.#snapshots.clear();
    this.#state = { ...state, version };
    const isFirst = this.#touched.size === 0;
    for (const change of changes) {
      const { id } = change.kind === "left" ? change : change.member;
      if (!this.#touched.has(id)) this.#touched.set(id, members.get(id));
      if (change.kind === "left") members.delete(id);
      else members.set(id, change.member.info);
    }
    if (members.size > this.#options.maxShown) return this.#grow(members.size, version);
    if (isFirst && this.#touched.size > 0) setImmediate(() => this.#tellChanges());
  }

  /** From now on there are too many to tell of each. */
  #grow(total: number, version: Version): void {
    this.#forget();
    this.#former = NOBODY;
    this.#state = { kind: "big", version, total };
    this.#tellAll((form) => form.total(this.#options.channel, total));
  }

  #count(state: Extract<State, { kind: "big" }>, { changes, version }: PresenceNotice): void {
    let { total } = state;
    for (const { kind } of changes) {
      if (kind === "joined") total += 1;
      else if (kind === "left") total -= 1;
    }
    this.#state = { kind: "big", version, total };
    this.#snapshots.clear();
    if (total !== state.total && !this.#timer) this.#wait(TOTAL_INTERVAL_MS, () => this.#tellTotal());
  }

  #tellTotal(): void {
    const state = this.#state;
    if (state.kind !== "big") return;
    // Not before: where the number goes to and fro, everybody would be told everything again and again.
    if (state.total <= this.#options.maxShown) return this.reset();
    this.#tellAll((form) => form.total(this.#options.channel, state.total));
  }

  #tellChanges(): void {
    const state = this.#state;
    if (state.kind !== "small" || this.#touched.size === 0) return;
    const changes = changesOf(this.#touched, state.members);
    this.#touched.clear();
    const { joined, left, updated } = changes;
    // Who came and went within the turn was never there.
    if (joined.length + left.length + updated.length === 0) return;
    this.#tellAll((form) => form.changes(this.#options.channel, changes));
  }

  #tellAll(encode: (form: RoomForm) => Buffer): void {
    const frames = new Map<RoomForm, Buffer>();
    for (const reader of this.#readers) {
      if (this.#behind.has(reader)) continue;
      const { form } = reader;
      const bytes = frames.get(form) ?? encode(form);
      frames.set(form, bytes);
      this.#tell(reader, bytes);
    }
  }

  /** All there is now, in place of whatever the reader was told. */
  #greet(reader: RoomReader): void {
    const state = this.#state;
    if (state.kind === "unknown" || this.#behind.has(reader)) return;
    const bytes = this.#snapshots.get(reader.form) ?? snapshotOf(this.#options.channel, state, reader.form);
    this.#snapshots.set(reader.form, bytes);
    this.#tell(reader, bytes);
  }

  #tell(reader: RoomReader, bytes: Buffer): void {
    if (!reader.isBusy) return reader.write(bytes);
    this.#behind.add(reader);
    reader.whenIdle(() => {
      if (!this.#behind.has(reader)) return;
      // For the others; this one gets all of it.
      this.#tellChanges();
      this.#behind.delete(reader);
      this.#greet(reader);
    });
  }

  #forget(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#state.kind !== "unknown") this.#former = formerOf(this.#state);
    this.#state = UNKNOWN;
    this.#touched.clear();
    this.#snapshots.clear();
  }

  #wait(milliseconds: number, action: () => void): void {
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      action();
    }, milliseconds).unref();
  }
}

function formerOf(state: Exclude<State, { kind: "unknown" }>): ReadonlyMap<string, string> {
  return state.kind === "small" ? state.members : NOBODY;
}

function snapshotOf(channel: string, state: Exclude<State, { kind: "unknown" }>, form: RoomForm): Buffer {
  return state.kind === "small"
    ? form.members(channel, state.members, state.isComplete)
    : form.total(channel, state.total);
}

function changesOf(
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
