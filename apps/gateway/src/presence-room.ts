/**
 * Who is on one channel, for those here who want to know: a mirror of what the broker keeps.
 *
 * Up to a number of members all are known, and every change is told; in a bigger room only how many there are. Invariant:
 * what is known is all there is up to some version, or nothing is known until the broker was asked anew.
 */
import {
  type BrokerError,
  judgeNotice,
  type MembersPage,
  type Presence,
  type PresenceNotice,
  type Result,
} from "@tidewire/broker";
import type { Refusal } from "@tidewire/protocol";
import { brokerRefusal } from "./broker-refusal.ts";
import type { RoomView } from "./presence-audience.ts";
import { type ListReader, ListReaders } from "./presence-lists.ts";
import { type NoticeReader, NoticeReaders } from "./presence-notices.ts";
import { UntoldChanges } from "./untold-changes.ts";

/** How often the number of members of a big room is told, in milliseconds. */
const TOTAL_INTERVAL_MS = 1_000;
/** After how long the members are asked for again when the broker could not say for certain, in milliseconds. */
const RETRY_MS = 1_000;
/**
 * How long what is known holds at least before notices that were missed have it asked for anew, and told to everybody, in
 * milliseconds: for a while after the broker has begun anew, clients can bring that about by coming and going.
 */
const RELOAD_INTERVAL_MS = 1_000;
/** Notices that may wait while the members are asked for. Above: they are asked for again. */
const MAX_WAITING = 1_000;

const FORBIDDEN: Refusal = {
  code: "forbidden",
  message: "The broker does not allow the gateway to know who is there.",
};

export type RoomReader = ListReader | NoticeReader;

export interface PresenceRoomOptions {
  readonly channel: string;
  readonly presence: Pick<Presence, "watch" | "unwatch" | "members">;
  /** Most members that are told one by one; at most a page of them. */
  readonly maxShown: number;
  /** Nothing will be known any more: its readers have been told, and it is closed. */
  readonly onRefused: (error: BrokerError) => void;
}

type Version = MembersPage["version"];

type Small = Extract<RoomView, { readonly kind: "small" }> & {
  readonly version: Version;
  readonly members: Map<string, string>;
};
type Big = Extract<RoomView, { readonly kind: "big" }> & { readonly version: Version };

const NOBODY: ReadonlyMap<string, string> = new Map();

export class PresenceRoom {
  readonly #options: PresenceRoomOptions;
  readonly #lists: ListReaders;
  readonly #notices: NoticeReaders;
  readonly #untold: UntoldChanges;
  /** Those who have it stay open before they read, or longer. */
  #holders = 0;
  /** `undefined` while nothing is known. */
  #state: Small | Big | undefined;
  /** Those that were there when it was known last, while that is not known. */
  #former: ReadonlyMap<string, string> = NOBODY;
  /** What was heard while the members are asked for. */
  #waiting: PresenceNotice[] = [];
  /** Members of whom was heard that they have come, and readers were not told of it. */
  #announced = new Set<string>();
  /** Those who wait until it is known who is there. */
  #asking: ((result: Result<void>) => void)[] = [];
  /** Readers that come while changes wait to be told: what they get has these in it. */
  readonly #arriving = new Set<RoomReader>();
  /** When it was asked for last who is there. */
  #loadedAtMs = -Infinity;
  #isWatched = false;
  #isLoading = false;
  /** Whether what the load under way brings may be wrong already. */
  #isStale = false;
  #isClosed = false;
  #refusal: Refusal | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: PresenceRoomOptions) {
    this.#options = options;
    const { channel } = options;
    this.#untold = new UntoldChanges({
      members: () => (this.#state?.kind === "small" ? this.#state.members : undefined),
      onTold: (changes) => {
        this.#lists.change(changes);
        this.#notices.change(changes);
      },
    });
    const whenTold = (action: () => void) => this.#untold.whenTold(action);
    const source = { channel, view: () => this.#state, whenTold };
    this.#lists = new ListReaders(source);
    this.#notices = new NoticeReaders(source);
    void this.#open();
  }

  get isEmpty(): boolean {
    return this.#holders + this.#arriving.size + this.#lists.size + this.#notices.size === 0;
  }

  hold(): void {
    this.#holders += 1;
  }

  release(): void {
    this.#holders -= 1;
  }

  /** Settles once it is known who is there, or why that could not be found out now. */
  async known(): Promise<Result<void>> {
    if (this.#state) return { ok: true, value: undefined };
    return new Promise((resolve) => this.#asking.push(resolve));
  }

  /** It is told of all who are there, if it wants that, and then of changes. */
  add(reader: RoomReader): void {
    this.#arriving.add(reader);
    this.#untold.whenTold(() => this.#admit(reader));
    if (this.#refusal) this.#tellRefusal(this.#refusal);
  }

  remove(reader: RoomReader): void {
    if (this.#arriving.delete(reader)) return;
    if (reader.kind === "list") this.#lists.remove(reader);
    else this.#notices.remove(reader);
  }

  hear(notice: PresenceNotice): void {
    if (this.#state) return this.#apply(notice);
    for (const change of notice.changes) if (change.kind === "joined") this.#announce(change.member.id);
    if (!this.#isLoading) return;
    this.#waiting.push(notice);
    if (this.#waiting.length > MAX_WAITING) this.reset();
  }

  /** Anything may have been missed. */
  reset(): void {
    this.#lose();
    this.#isStale = true;
    this.#waiting = [];
    if (this.#isWatched && !this.#isLoading) void this.#load();
  }

  /** Nothing can be known (any more). */
  refuse(error: BrokerError): void {
    if (this.#isClosed) return;
    this.close();
    this.#refusal = error.code === "refused" ? FORBIDDEN : brokerRefusal(error);
    this.#options.onRefused(error);
    this.#answer({ ok: false, error });
    this.#tellRefusal(this.#refusal);
  }

  close(): void {
    this.#isClosed = true;
    this.#forget();
    this.#options.presence.unwatch(this.#options.channel);
  }

  async #open(): Promise<void> {
    const { channel, presence } = this.#options;
    const result = await presence.watch(channel);
    if (this.#isClosed) return;
    if (!result.ok) return this.refuse(result.error);
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
      else if (result.error.code === "refused") this.refuse(result.error);
      else this.#retry(result.error);
    }
    this.#isLoading = false;
  }

  #retry(error: BrokerError): void {
    this.#answer({ ok: false, error });
    this.#wait(RETRY_MS, () => this.reset());
  }

  #take({ members: page, total, version, isComplete }: MembersPage): void {
    this.#loadedAtMs = performance.now();
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
    this.#untold.drop();
    if (!this.#state) return;
    this.#answer({ ok: true, value: undefined });
    this.#lists.begin();
    this.#notices.begin(this.#announced);
    this.#announced = new Set();
  }

  #announce(id: string): void {
    if (this.#announced.size < MAX_WAITING) this.#announced.add(id);
  }

  #apply(notice: PresenceNotice): void {
    const state = this.#state;
    if (!state) return;
    const verdict = judgeNotice(notice, state.version);
    switch (verdict) {
      case "old":
        return;
      case "missed":
        return this.#reload();
      case "next":
        return state.kind === "small" ? this.#change(state, notice) : this.#count(state, notice);
      default:
        return verdict satisfies never;
    }
  }

  #reload(): void {
    const waitMs = this.#loadedAtMs + RELOAD_INTERVAL_MS - performance.now();
    if (waitMs <= 0) return this.reset();
    this.#lose();
    this.#wait(waitMs, () => this.reset());
  }

  #change(state: Small, { changes, version }: PresenceNotice): void {
    const { members } = state;
    this.#state = { ...state, version };
    for (const change of changes) {
      const { id } = change.kind === "left" ? change : change.member;
      this.#untold.touch(id, members.get(id));
      if (change.kind === "left") members.delete(id);
      else members.set(id, change.member.info);
    }
    if (members.size > this.#options.maxShown) this.#grow(members.size, version);
  }

  /** From now on there are too many to tell of each. */
  #grow(total: number, version: Version): void {
    this.#forget();
    this.#former = NOBODY;
    this.#state = { kind: "big", version, total };
    // What is taken now is told once, and with all of it.
    if (!this.#isLoading) this.#lists.count(total);
    this.#untold.settle();
  }

  #count(state: Big, { changes, version }: PresenceNotice): void {
    let { total } = state;
    for (const { kind } of changes) {
      if (kind === "joined") total += 1;
      else if (kind === "left") total -= 1;
    }
    this.#state = { kind: "big", version, total };
    if (total !== state.total && !this.#timer) this.#wait(TOTAL_INTERVAL_MS, () => this.#tellTotal());
  }

  #tellTotal(): void {
    const state = this.#state;
    if (state?.kind !== "big") return;
    // Not before: where the number goes to and fro, everybody would be told everything again and again.
    if (state.total <= this.#options.maxShown) return this.reset();
    this.#lists.count(state.total);
  }

  #admit(reader: RoomReader): void {
    if (!this.#arriving.delete(reader)) return;
    if (reader.kind === "list") this.#lists.add(reader);
    else this.#notices.add(reader);
  }

  #tellRefusal(refusal: Refusal): void {
    this.#untold.settle();
    this.#lists.refuse(refusal);
    this.#notices.refuse();
  }

  #answer(result: Result<void>): void {
    const asking = this.#asking;
    this.#asking = [];
    for (const resolve of asking) resolve(result);
  }

  /** What is known may be wrong by now. Whoever came while changes waited begins with it all the same. */
  #lose(): void {
    if (this.#arriving.size > 0) this.#untold.tell();
    this.#forget();
    this.#untold.settle();
  }

  #forget(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#state) this.#former = this.#state.kind === "small" ? this.#state.members : NOBODY;
    this.#state = undefined;
    for (const id of this.#untold.drop()) this.#announce(id);
  }

  #wait(milliseconds: number, action: () => void): void {
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      action();
    }, milliseconds).unref();
  }
}
