/**
 * What this gateway holds, and how it gets to where all gateways see it: in batches, one at a time.
 *
 * Words: a *term* is one stay under a lease; what was entered counts for its term alone. Every holding has what is
 * wanted and what is known to be so; those that differ are dirty. Invariant: what is clean is as wanted, under the
 * present term; and a term is said to be whole only after all that was held when it began.
 */
import { type Failure, failure, type Result, success } from "./broker.ts";
import { Chore } from "./chore.ts";
import { LINKS_RETURN_MS, type Member } from "./presence.ts";
import { changeOf, createHolding, type Holding, type HoldingChange, settle } from "./presence-holding.ts";

/** Most changes of one batch: Redis does nothing else meanwhile. */
export const MAX_BATCH = 1_000;

export interface HoldingBatch {
  /** Grows from batch to batch. */
  readonly sequence: number;
  /** At most one for each member of a channel. */
  readonly changes: readonly HoldingChange[];
  /** Whether after this one all is entered that was held when the term began. */
  readonly isWhole: boolean;
}

interface Sent {
  readonly holding: Holding;
  readonly wanted: string | undefined;
  readonly change: HoldingChange;
}

export interface PresenceHoldingsOptions {
  /**
   * Brings a batch to where all see it. `false` when the term is over, and nothing was done; then nothing is sent before
   * the next one begins.
   */
  readonly apply: (batch: HoldingBatch) => Promise<Result<boolean>>;
  /** All that was held when the term began is entered. */
  readonly onWhole: () => void;
}

const CLOSED = failure("closed", "the broker is closed");

export class PresenceHoldings {
  readonly #options: PresenceHoldingsOptions;
  readonly #sending = new Chore(() => this.#turn());
  readonly #held = new Map<string, Map<string, Holding>>();
  /** What was held when the term began comes first. */
  readonly #dirty = new Set<Holding>();
  /** Dirty ones that are to be let go, and not yet. */
  readonly #late = new Set<Holding>();
  #lateTimer: NodeJS.Timeout | undefined;
  #term: string | undefined;
  #sequence = 0;
  #isWhole = false;
  #isScheduled = false;
  #isClosed = false;

  constructor(options: PresenceHoldingsOptions) {
    this.#options = options;
  }

  get term(): string | undefined {
    return this.#term;
  }

  enter(channel: string, { id, info }: Member): Promise<Result<void>> {
    if (this.#isClosed) return Promise.resolve(CLOSED);
    const holding = this.#find(channel, id) ?? this.#add(channel, id);
    if (holding.wanted === undefined) settle(holding, failure("closed", "the member was entered again"));
    return this.#want(holding, info);
  }

  leave(channel: string, id: string): Promise<Result<void>> {
    if (this.#isClosed) return Promise.resolve(CLOSED);
    const holding = this.#find(channel, id);
    if (!holding) return Promise.resolve(success(undefined));
    if (holding.wanted !== undefined) settle(holding, failure("closed", "the member was let go meanwhile"));
    return this.#want(holding, undefined);
  }

  /** A new stay under a lease: all is to be entered anew. */
  begin(term: string): void {
    this.#term = term;
    this.#isWhole = false;
    this.#dirty.clear();
    this.#late.clear();
    for (const holding of this.#all()) {
      if (typeof holding.known === "object") holding.former = holding.known.info;
      holding.known = "absent";
      holding.isLate = true;
      this.#dirty.add(holding);
    }
    this.flush();
  }

  /**
   * Sends what has waited; leaves last, and after a while. Who went to another gateway meanwhile could not be entered
   * there either, and is not to have left because that one's link is up a little later.
   */
  linkIsUp(): void {
    for (const holding of this.#dirty) {
      holding.isLate = true;
      if (holding.wanted !== undefined) continue;
      this.#dirty.delete(holding);
      this.#late.add(holding);
    }
    clearTimeout(this.#lateTimer);
    if (this.#late.size > 0) {
      this.#lateTimer = setTimeout(() => this.#releaseLate(), LINKS_RETURN_MS).unref();
    }
    this.flush();
  }

  /** Nothing is sent before the next term. */
  end(): void {
    this.#term = undefined;
  }

  /** No term can begin: who waits is told why, and what was never there is not held. */
  refuse(refused: Failure): void {
    for (const holding of this.#dirty) this.#refuse(holding, refused);
  }

  /** Sends what is dirty, also what has failed before. */
  flush(): void {
    this.#sending.call();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#lateTimer);
    for (const holding of this.#all()) settle(holding, CLOSED);
    this.#held.clear();
    this.#dirty.clear();
    this.#late.clear();
  }

  #releaseLate(): void {
    for (const holding of this.#late) this.#dirty.add(holding);
    this.#late.clear();
    this.flush();
  }

  #want(holding: Holding, info: string | undefined): Promise<Result<void>> {
    holding.wanted = info;
    holding.saidMs = Date.now();
    holding.isLate = false;
    this.#late.delete(holding);
    this.#dirty.add(holding);
    this.#schedule();
    const { waiters } = holding;
    return new Promise((resolve) => waiters.push(resolve));
  }

  // Those of one turn gather, and a member that comes and goes in it costs nothing.
  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.flush();
    });
  }

  /** One call, if there is something to say. Resolves to whether there may be more. */
  async #turn(): Promise<boolean> {
    const term = this.#term;
    if (term === undefined || this.#isClosed) return false;
    const sent = this.#take();
    const isWhole = this.#dirty.size === 0;
    if (sent.length === 0 && this.#isWhole) return false;
    this.#sequence += 1;
    const changes = sent.map(({ change }) => change);
    const result = await this.#options.apply({ sequence: this.#sequence, changes, isWhole });
    // What was sent for an earlier term counts for nothing, and is dirty anew.
    if (term !== this.#term || this.#isClosed) return true;
    if (!result.ok) return this.#failed(sent, result);
    if (!result.value) {
      for (const { holding } of sent) this.#dirty.add(holding);
      this.end();
      return false;
    }
    for (const each of sent) this.#done(each);
    if (isWhole && !this.#isWhole) this.#options.onWhole();
    this.#isWhole ||= isWhole;
    return true;
  }

  #take(): Sent[] {
    const sent: Sent[] = [];
    for (const holding of this.#dirty) {
      if (sent.length === MAX_BATCH) break;
      this.#dirty.delete(holding);
      const change = changeOf(holding);
      if (!change) {
        this.#clean(holding);
        continue;
      }
      sent.push({ holding, wanted: holding.wanted, change });
      if (typeof holding.known === "object") holding.former = holding.known.info;
      holding.known = "unsure";
    }
    return sent;
  }

  #done({ holding, wanted, change: { saidMs } }: Sent): void {
    holding.known = wanted === undefined ? "absent" : { info: wanted, saidMs };
    holding.former = undefined;
    if (holding.wanted === wanted && holding.saidMs === saidMs) this.#clean(holding);
  }

  #failed(sent: readonly Sent[], failed: Failure): false {
    for (const { holding } of sent) {
      this.#dirty.add(holding);
      if (failed.error.code === "refused") this.#refuse(holding, failed);
    }
    return false;
  }

  #refuse(holding: Holding, refused: Failure): void {
    settle(holding, refused);
    const wasThere = typeof holding.known === "object" || holding.former !== undefined;
    if (!wasThere) this.#forget(holding);
  }

  /** It is as wanted. */
  #clean(holding: Holding): void {
    if (holding.wanted === undefined) this.#forget(holding);
    settle(holding, success(undefined));
  }

  #find(channel: string, id: string): Holding | undefined {
    return this.#held.get(channel)?.get(id);
  }

  #add(channel: string, id: string): Holding {
    const holding = createHolding(channel, id);
    const members = this.#held.get(channel) ?? new Map<string, Holding>();
    this.#held.set(channel, members.set(id, holding));
    return holding;
  }

  #forget(holding: Holding): void {
    const { channel, id } = holding;
    this.#dirty.delete(holding);
    this.#late.delete(holding);
    const members = this.#held.get(channel);
    members?.delete(id);
    if (members?.size === 0) this.#held.delete(channel);
  }

  *#all(): Generator<Holding> {
    for (const members of this.#held.values()) yield* members.values();
  }
}
