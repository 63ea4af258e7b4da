/**
 * Presence on Redis, as one gateway takes part in it.
 *
 * Every renewal of the lease is followed by a look at what is kept: whether it is still of this life of Redis, and
 * whether some gateway is gone. A term is an incarnation of the lease under one epoch; when either is another one, all
 * that is held is entered anew. Invariant: what is told of a channel is told while the link is up, after a reset if
 * anything may have been missed.
 */
import type { Redis } from "ioredis";
import { type BrokerError, failure, type Lease, type Result, success } from "./broker.ts";
import { Chore } from "./chore.ts";
import { memberFault } from "./presence-fault.ts";
import { type HoldingBatch, PresenceHoldings } from "./presence-holdings.ts";
import { parseNotice } from "./presence-notice.ts";
import type { Member, MembersPage, MembersRequest, Presence, PresenceHandlers } from "./presence.ts";
import { type HeldLease, RedisPresenceStore, type Term } from "./redis-presence-store.ts";
import type { RedisSubscriptions } from "./redis-subscriptions.ts";

export interface RedisPresenceOptions {
  readonly publisher: Redis;
  /** Goes before the names that are no channel's. */
  readonly own: string;
  readonly leasesKey: string;
  readonly subscriptions: RedisSubscriptions;
  /** Runs a command if the broker can, and turns what it throws into a failure. */
  readonly run: <Value>(command: () => Promise<Value>) => Promise<Result<Value>>;
  /** Whether the link is up, and all notices have come. */
  readonly mayGive: () => boolean;
  readonly handlers: PresenceHandlers | undefined;
}

export class RedisPresence implements Presence {
  readonly #options: RedisPresenceOptions;
  readonly #store: RedisPresenceStore;
  readonly #holdings: PresenceHoldings;
  readonly #tending = new Chore(() => this.#look());
  readonly #watched = new Set<string>();
  #lease: HeldLease | undefined;
  /** The last one that was begun. */
  #term: Term | undefined;
  /** The epoch that was found last. */
  #epoch: string | undefined;
  /** Whether readers are to be told once all gateways have had time to enter what they hold anew. */
  #isResetDue = false;
  #wasLinkUp = false;
  /** Whether the link was away, and Redis has not been told so. */
  #isBack = false;
  #isClosed = false;

  constructor(options: RedisPresenceOptions) {
    this.#options = options;
    this.#store = new RedisPresenceStore(options);
    this.#holdings = new PresenceHoldings({
      apply: (batch) => this.#apply(batch),
      // What was held under an earlier lease can be removed now.
      onWhole: () => this.#tending.call(),
    });
  }

  async enter(channel: string, member: Member): Promise<Result<void>> {
    return memberFault(member) ?? this.#holdings.enter(channel, member);
  }

  leave(channel: string, id: string): Promise<Result<void>> {
    return this.#holdings.leave(channel, id);
  }

  async watch(channel: string): Promise<Result<void>> {
    if (this.#isClosed) return failure("closed", "the broker is closed");
    this.#watched.add(channel);
    const result = await this.#options.subscriptions.subscribe(this.#store.nameOf(channel));
    if (!result.ok && result.error.code === "refused") this.#watched.delete(channel);
    return result;
  }

  unwatch(channel: string): void {
    this.#watched.delete(channel);
    this.#options.subscriptions.unsubscribe(this.#store.nameOf(channel));
  }

  async members(channel: string, request: MembersRequest): Promise<Result<MembersPage>> {
    const isWatched = this.#watched.has(channel);
    const result = await this.#options.run(() => this.#store.page(channel, request, isWatched));
    // Told so by the page before any look has found it.
    if (result.ok && !result.value.isComplete) this.#isResetDue = true;
    return result;
  }

  count(channel: string): Promise<Result<number>> {
    return this.#options.run(() => this.#store.count(channel));
  }

  /** The channel whose steps are told on that name of Redis, if one's are. */
  channelOf(name: string): string | undefined {
    return this.#store.channelOf(name);
  }

  /** Something has come on the name of a channel's steps. */
  hear(channel: string, bytes: Buffer): void {
    if (!this.#watched.has(channel) || !this.#options.mayGive()) return;
    const notice = parseNotice(bytes);
    if (notice) this.#options.handlers?.onPresence(channel, notice);
  }

  /** Redis refused the subscription of a channel's steps, that it had allowed before. */
  refuse(channel: string, error: BrokerError): void {
    this.#watched.delete(channel);
    this.#options.handlers?.onPresenceRefused(channel, error);
  }

  leaseIsRenewed({ gateway, forMs }: Lease, incarnation: number): void {
    this.#lease = { gateway, incarnation, forMs };
    this.#tending.call();
  }

  leaseIsEnded(): void {
    this.#lease = undefined;
    this.#holdings.end();
  }

  /** Anything may have been missed. */
  linkIsUp(): void {
    this.#isBack ||= this.#wasLinkUp;
    this.#wasLinkUp = true;
    this.#reset();
    this.#holdings.linkIsUp();
  }

  close(): void {
    this.#isClosed = true;
    this.#watched.clear();
    this.#holdings.close();
  }

  #reset(): void {
    if (this.#watched.size > 0) this.#options.handlers?.onPresenceReset();
  }

  async #apply(batch: HoldingBatch): Promise<Result<boolean>> {
    const term = this.#term;
    if (!term || this.#isClosed) return success(false);
    const result = await this.#options.run(() => this.#store.apply(term, batch));
    if (!result.ok) return result;
    const outcome = result.value;
    switch (outcome) {
      case "done":
        return success(true);
      case "lease lost":
        this.#loseLease(term);
        return success(false);
      case "epoch over":
        this.#tending.call();
        return success(false);
      default:
        throw new Error(outcome satisfies never);
    }
  }

  // It may have been renewed since.
  #loseLease({ lease }: Term): void {
    if (lease.incarnation !== this.#lease?.incarnation) return;
    this.#lease = undefined;
    this.#options.handlers?.onLeaseLost();
  }

  /** Resolves to whether there is more to remove. */
  async #look(): Promise<boolean> {
    const lease = this.#lease;
    if (!lease) return false;
    const isBack = this.#isBack;
    this.#isBack = false;
    const result = await this.#options.run(() => this.#store.tend(lease.forMs, isBack));
    if (this.#isClosed) return false;
    if (!result.ok) {
      this.#isBack ||= isBack;
      if (result.error.code === "refused") this.#holdings.refuse(result);
      return false;
    }
    const { epoch, isFilling, hasMore } = result.value;
    this.#learn(epoch, isFilling);
    if (this.#lease?.incarnation === lease.incarnation) this.#take({ lease, epoch });
    return hasMore;
  }

  #take(term: Term): void {
    const name = `${term.lease.incarnation}.${term.epoch}`;
    if (name === this.#holdings.term) return this.#holdings.flush();
    this.#term = term;
    this.#holdings.begin(name);
  }

  // Asking earlier would bring only those whom gateways have entered anew by then.
  #learn(epoch: string, isFilling: boolean): void {
    this.#isResetDue ||= isFilling || (this.#epoch !== undefined && this.#epoch !== epoch);
    this.#epoch = epoch;
    if (!this.#isResetDue || isFilling) return;
    this.#isResetDue = false;
    this.#reset();
  }
}
