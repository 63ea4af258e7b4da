/**
 * Follows one stream: every entry is given once, each right behind the one before it, or a gap is told.
 *
 * It knows the position behind the last entry that was given, its head. A doorbell whose "before" is the head brings
 * the next entry; any other makes it look: one checked read from the head on. Invariant: the head moves only by giving
 * what is right behind it, or by telling a gap; a read that fails leaves it where it is, and the next look tries again.
 */
import { type BrokerError, type Failure, type Result, success } from "./broker.ts";
import { compareIds, NO_DIGEST } from "./position.ts";
import type { Bell } from "./stream-bell.ts";
import type { Entry, Page, Position, ReadRequest } from "./streams.ts";

/** Of one page of a look. With all looks at a time, what is held meanwhile. */
const LOOK = { limit: 500, maxBytes: 256 * 1_024 };
const HEAD = { stretch: { kind: "last" }, limit: 0, maxBytes: 0 } as const;

export interface StreamFollowerOptions {
  readonly read: (request: ReadRequest) => Promise<Result<Page>>;
  /** Whether the link is up, and all notices have come. */
  readonly mayGive: () => boolean;
  readonly onEntry: (entry: Entry) => void;
  readonly onGap: (head: Position) => void;
  /** A look has found all there is. */
  readonly onCaughtUp: () => void;
  /** Redis refuses to have the stream read. */
  readonly onRefused: (error: BrokerError) => void;
}

export class StreamFollower {
  readonly #options: StreamFollowerOptions;
  readonly #started = Promise.withResolvers<Result<void>>();
  #head: Position | undefined;
  #isSubscribed = false;
  #isLooking = false;
  /** What has rung since the present look began: the newest entry, or that there may be more than is known. */
  #rung: Position | "anything" | undefined;
  #ended: Failure | undefined;

  constructor(options: StreamFollowerOptions) {
    this.#options = options;
  }

  get head(): Position | undefined {
    return this.#head;
  }

  /** The first head, once it is known; or why it never will be. */
  async started(): Promise<Result<Position>> {
    const started = await this.#started.promise;
    if (!started.ok) return started;
    return this.#ended ?? success(this.#head as Position);
  }

  /** The names are subscribed: what happens from now on is heard. */
  begin(): void {
    this.#isSubscribed = true;
    void this.look();
  }

  /** Nothing is given any more. */
  end(why: Failure): void {
    this.#ended ??= why;
    this.#started.resolve(why);
  }

  /** The doorbell was rung; `undefined` says nothing but that. */
  hear(bell: Bell | undefined): void {
    if (this.#ended) return;
    const head = this.#head;
    if (!bell || !head || this.#isLooking) return this.#ring(bell?.entry.position ?? "anything");
    if (!isNews(bell.entry.position, head) || !this.#options.mayGive()) return;
    if (isBehind(bell.before, head)) this.#give(bell.entry);
    else void this.look();
  }

  /** Asks the stream for what is behind the head, unless the link is down: whoever brings it up asks again. */
  async look(): Promise<void> {
    if (this.#isLooking) return this.#ring("anything");
    if (!this.#isSubscribed || this.#ended) return;
    this.#isLooking = true;
    let isMore = true;
    while (isMore) isMore = (await this.#turn()) || this.#isRung();
    this.#isLooking = false;
  }

  #ring(what: Position | "anything"): void {
    if (!this.#isLooking) return void this.look();
    const isNewer = typeof this.#rung !== "object" || what === "anything" || isNews(what, this.#rung);
    if (this.#rung !== "anything" && isNewer) this.#rung = what;
  }

  /** One read. Resolves to whether it has left something unread. */
  async #turn(): Promise<boolean> {
    const { read, mayGive, onCaughtUp, onRefused } = this.#options;
    this.#rung = undefined;
    if (!mayGive()) return false;
    const head = this.#head;
    const result = await read(head ? { ...LOOK, stretch: { kind: "after", position: head } } : HEAD);
    if (this.#ended || !mayGive()) return false;
    if (!result.ok) {
      if (result.error.code === "refused") onRefused(result.error);
      return false;
    }
    this.#take(result.value);
    if (this.#ended) return false;
    if (head && result.value.isComplete && result.value.hasMore) return true;
    if (this.#head) onCaughtUp();
    return false;
  }

  #take({ entries, head, isComplete }: Page): void {
    if (!this.#head) {
      this.#head = head;
      this.#started.resolve(success(undefined));
    } else if (isComplete) {
      for (const entry of entries) if (!this.#ended) this.#give(entry);
    } else {
      this.#head = head;
      this.#options.onGap(head);
    }
  }

  #give(entry: Entry): void {
    this.#head = entry.position;
    this.#options.onEntry(entry);
  }

  #isRung(): boolean {
    const rung = this.#rung;
    if (rung === undefined || this.#ended) return false;
    return rung === "anything" || !this.#head || isNews(rung, this.#head);
  }
}

/** Whether there may be something at `position` that a reader at `head` does not know. */
function isNews(position: Position, head: Position): boolean {
  return position.epoch !== head.epoch || compareIds(position.id, head.id) > 0;
}

// The stream may have been trimmed to nothing since: then nobody knows any more what the entry held.
function isBehind(before: Position, head: Position): boolean {
  const isSameEntry = before.digest === head.digest || before.digest === NO_DIGEST;
  return before.epoch === head.epoch && before.id === head.id && isSameEntry;
}
