/**
 * Streams on Redis: what is followed, and what makes followers look.
 *
 * Followers hear doorbells through the broker's subscriptions, are told of hits of the tail, look whenever the link
 * comes up, and once an interval in any case. So whatever is lost on the way is found within one interval.
 */
import type { Redis } from "ioredis";
import pLimit from "p-limit";
import {
  type BrokerError,
  type BrokerHandlers,
  failure,
  type Failure,
  type Publication,
  type Result,
} from "./broker.ts";
import { compareIds } from "./position.ts";
import type { RedisStreamStore } from "./redis-stream-store.ts";
import type { RedisSubscriptions } from "./redis-subscriptions.ts";
import { sweepStreams } from "./redis-stream-sweep.ts";
import { RedisTail } from "./redis-tail.ts";
import { parseBell } from "./stream-bell.ts";
import { StreamFollower } from "./stream-follower.ts";
import type {
  AppendOptions,
  AppendOutcome,
  FollowOptions,
  Page,
  Position,
  ReadRequest,
  Retention,
  Streams,
} from "./streams.ts";

const CLOSED = failure("closed", "the broker is closed");
const CHECK_INTERVAL_MS = 3_000;
/** An interval's checks are spread over so many moments. */
const CHECK_SLICES = 20;
/** Most looks under way at a time. */
const MAX_LOOKS = 64;

interface Followed {
  readonly follower: StreamFollower;
  isTailed: boolean;
  retention: Retention;
}

export interface RedisStreamsOptions {
  readonly store: RedisStreamStore;
  readonly subscriptions: RedisSubscriptions;
  readonly publisher: Redis;
  /** Opens the tail's connection. */
  readonly connectTail: () => Redis;
  readonly tailRoundMs: number;
  readonly checkIntervalMs?: number | undefined;
  /** Runs a command if the broker can, and turns what it throws into a failure. */
  readonly run: <Value>(command: () => Promise<Value>) => Promise<Result<Value>>;
  /** Whether the link is up, and all notices have come. */
  readonly mayGive: () => boolean;
  readonly handlers: Pick<BrokerHandlers, "onEntry" | "onStreamGap" | "onChannelRefused">;
}

export class RedisStreams implements Streams {
  readonly #options: RedisStreamsOptions;
  readonly #followed = new Map<string, Followed>();
  readonly #looks = pLimit(MAX_LOOKS);
  readonly #tail: RedisTail;
  readonly #timer: NodeJS.Timeout;
  /** Those whose check is still to come in this interval. */
  #unchecked = this.#followed.values();
  /** How many checks are due by now. */
  #due = 0;
  #isClosed = false;

  constructor(options: RedisStreamsOptions) {
    this.#options = options;
    const { publisher, connectTail, tailRoundMs, checkIntervalMs = CHECK_INTERVAL_MS } = options;
    this.#tail = new RedisTail({
      connect: connectTail,
      publisher,
      roundMs: tailRoundMs,
      onHit: (key, id) => this.#hit(key, id),
    });
    this.#timer = setInterval(() => this.#check(), checkIntervalMs / CHECK_SLICES).unref();
  }

  async append(
    channel: string,
    publication: Publication,
    options: AppendOptions = {},
  ): Promise<Result<AppendOutcome>> {
    return this.#options.run(this.#options.store.appending(channel, publication, options));
  }

  read(channel: string, request: ReadRequest): Promise<Result<Page>> {
    return this.#options.run(() => this.#options.store.read(channel, request));
  }

  trim(channel: string, retention: Retention): Promise<Result<void>> {
    return this.#options.run(() => this.#options.store.trim(channel, retention));
  }

  sweep(retentionOf: (channel: string) => Retention): Promise<Result<void>> {
    return this.#options.run(() => sweepStreams(this.#options.store, retentionOf));
  }

  async follow(channel: string, { isTailed, retention = {} }: FollowOptions): Promise<Result<Position>> {
    if (this.#isClosed) return CLOSED;
    const followed = this.#followed.get(channel) ?? this.#add(channel);
    followed.isTailed ||= isTailed;
    followed.retention = retention;
    this.#arm(channel, followed);
    return followed.follower.started();
  }

  unfollow(channel: string): void {
    const followed = this.#followed.get(channel);
    if (followed) this.#remove(channel, followed, failure("closed", "the channel was given up meanwhile"));
  }

  isFollowed(channel: string): boolean {
    return this.#followed.has(channel);
  }

  /** Something has come on the name of a doorbell. */
  hear(channel: string, bytes: Buffer): void {
    this.#followed.get(channel)?.follower.hear(parseBell(bytes));
  }

  /** Redis refused a subscription, of the channel or of its doorbell, that it had allowed before. */
  refuse(channel: string, error: BrokerError): void {
    const followed = this.#followed.get(channel);
    if (followed) this.#refuse(channel, followed, { ok: false, error });
  }

  /** Anything may have been missed. */
  linkIsUp(): void {
    for (const { follower } of this.#followed.values()) void follower.look();
  }

  close(): void {
    this.#isClosed = true;
    clearInterval(this.#timer);
    this.#tail.close();
    for (const { follower } of this.#followed.values()) follower.end(CLOSED);
    this.#followed.clear();
  }

  #add(channel: string): Followed {
    const { store, run, mayGive, handlers } = this.#options;
    const follower = new StreamFollower({
      read: (request) => this.#looks(() => run(() => store.read(channel, request, followed.retention))),
      mayGive,
      onEntry: (entry) => handlers.onEntry(channel, entry),
      onGap: (head) => handlers.onStreamGap(channel, head),
      onCaughtUp: () => this.#arm(channel, followed),
      onRefused: (error) => this.#refuse(channel, followed, { ok: false, error }),
    });
    const followed: Followed = { follower, isTailed: false, retention: {} };
    this.#followed.set(channel, followed);
    void this.#subscribe(channel, followed);
    return followed;
  }

  async #subscribe(channel: string, followed: Followed): Promise<void> {
    const { store, subscriptions } = this.#options;
    const names = [store.bellOf(channel), store.keyOf(channel)];
    const results = await Promise.all(names.map((name) => subscriptions.subscribe(name)));
    const failed = results.find((result) => !result.ok);
    if (failed) this.#refuse(channel, followed, failed);
    else followed.follower.begin();
  }

  #refuse(channel: string, followed: Followed, why: Failure): void {
    if (this.#followed.get(channel) !== followed) return;
    // Before it has a head, whoever asked for it is told.
    const isAsked = followed.follower.head === undefined;
    this.#remove(channel, followed, why);
    if (!isAsked) this.#options.handlers.onChannelRefused(channel, why.error);
  }

  #remove(channel: string, { follower }: Followed, why: Failure): void {
    const { store, subscriptions } = this.#options;
    this.#followed.delete(channel);
    follower.end(why);
    subscriptions.unsubscribe(store.bellOf(channel));
    subscriptions.unsubscribe(store.keyOf(channel));
    this.#tail.disarm(store.keyOf(channel));
  }

  #arm(channel: string, { follower, isTailed }: Followed): void {
    if (isTailed && follower.head) this.#tail.arm(this.#options.store.keyOf(channel), follower.head.id);
  }

  // What the doorbell has brought before is no news.
  #hit(key: string, id: string | undefined): void {
    const channel = this.#options.store.channelOfKey(key);
    const followed = this.#followed.get(channel);
    if (!followed?.isTailed) return;
    const { follower } = followed;
    const isKnown = id !== undefined && follower.head && compareIds(id, follower.head.id) <= 0;
    if (isKnown) this.#arm(channel, followed);
    else void follower.look();
  }

  #check(): void {
    this.#due += this.#followed.size / CHECK_SLICES;
    for (; this.#due >= 1; this.#due -= 1) {
      let next = this.#unchecked.next();
      if (next.done) {
        this.#unchecked = this.#followed.values();
        next = this.#unchecked.next();
      }
      if (!next.done) void next.value.follower.look();
    }
  }
}
