/**
 * The stream channels that somebody here reads, and what is kept of them in memory, bounded in all.
 *
 * Invariant: whoever holds a stream channel finds it open, at the position from which on the broker gives its entries.
 */
import {
  type Broker,
  compareIds,
  type Entry,
  type Position,
  type Result,
  type Streams,
  type StreamsHandlers,
} from "@tidewire/broker";
import pLimit, { type LimitFunction } from "p-limit";
import type { ChannelRules } from "./channel-rules.ts";
import { Cursor, type CursorOptions } from "./cursor.ts";
import { createReadHistory, type ReadHistory } from "./history.ts";
import type { Hub } from "./hub.ts";
import type { ChannelSource } from "./interest.ts";
import type { Limits } from "./limits.ts";
import type { Log } from "./log.ts";
import { type Opening, StreamChannel } from "./stream-channel.ts";

/** How soon a reader goes on that could not, in milliseconds. */
const RETRY_MS = 250;
/** How often what is too old is removed, in milliseconds. */
const TRIM_INTERVAL_MS = 30_000;
/** How often the streams are removed that nobody needs any more, in milliseconds. */
const SWEEP_INTERVAL_MS = 60_000;

/** Where a client begins in each of its stream channels. */
export type Openings = ReadonlyMap<string, Opening>;

export interface StreamChannelsOptions {
  readonly broker: Broker;
  readonly hub: Hub;
  readonly rules: ChannelRules;
  readonly limits: Limits;
  readonly log: Log;
}

/** How often all that is in memory is counted while as much as the limit comes. */
const COUNTS_PER_LIMIT = 16;

/** What was heard of a channel before it was known where it begins. */
type Early = Entry[];

export class StreamChannels implements ChannelSource, StreamsHandlers {
  readonly #options: StreamChannelsOptions;
  readonly readHistory: ReadHistory;
  readonly #read: Streams["read"];
  readonly #reads: LimitFunction;
  readonly #open = new Map<string, StreamChannel>();
  readonly #opening = new Map<string, Early>();
  readonly #waiting = new Set<Cursor>();
  readonly #trimming: NodeJS.Timeout;
  readonly #sweeping: NodeJS.Timeout;
  #retry: NodeJS.Timeout | undefined;
  /** What came since all was counted. */
  #uncountedBytes = 0;
  #readCount = 0;
  #strays = 0;
  #gaps = 0;

  constructor(options: StreamChannelsOptions) {
    this.#options = options;
    const { broker, rules, limits } = options;
    this.#reads = pLimit(limits.maxConcurrentReads);
    this.#read = (channel, request) => {
      this.#readCount += 1;
      return broker.streams.read(channel, request);
    };
    this.readHistory = createReadHistory({
      read: async (channel, request) => {
        await this.#dropOld(channel);
        return this.#read(channel, request);
      },
      rules,
      reads: this.#reads,
    });
    this.#trimming = setInterval(() => this.#trim(), TRIM_INTERVAL_MS).unref();
    this.#sweeping = setInterval(() => this.#sweep(), SWEEP_INTERVAL_MS).unref();
  }

  get counts() {
    let behind = 0;
    for (const { cursors } of this.#open.values()) {
      for (const { isLive } of cursors) behind += isLive ? 0 : 1;
    }
    return {
      streams: this.#open.size,
      recentBytes: this.#recentBytes,
      /** Readers that are not at the head. */
      behind,
      gaps: this.#gaps,
      /** Of the broker, by readers that come back or ask for history. */
      reads: this.#readCount,
      /** Publications on the name of a stream that are in no stream. */
      strays: this.#strays,
    };
  }

  async subscribe(channel: string): Promise<Result<void>> {
    const { broker, rules } = this.#options;
    const early: Early = this.#opening.get(channel) ?? [];
    this.#opening.set(channel, early);
    const { isTailed = false, retention } = rules.of(channel).stream ?? {};
    await this.#dropOld(channel);
    const result = await broker.streams.follow(channel, { isTailed, retention });
    if (this.#opening.get(channel) === early) this.#opening.delete(channel);
    if (!result.ok) return result;
    if (!this.#open.has(channel)) this.#begin(channel, result.value, early);
    return { ok: true, value: undefined };
  }

  unsubscribe(channel: string): void {
    this.forget(channel);
    this.#options.broker.streams.unfollow(channel);
  }

  /** The broker gives nothing of it any more: whoever wants it again begins anew. */
  forget(channel: string): void {
    this.#open.delete(channel);
    this.#opening.delete(channel);
  }

  /** One that is held is open. */
  get(channel: string): StreamChannel | undefined {
    return this.#open.get(channel);
  }

  /** A reader of a stream that is open; it begins when it is started. */
  read(opening: Opening, options: Omit<CursorOptions, "hub" | "maxPacedBytes" | "onWait">): Cursor {
    const { hub, limits } = this.#options;
    const maxPacedBytes = limits.maxPacedBytesPerConnection;
    return new Cursor(opening, { ...options, hub, maxPacedBytes, onWait: (cursor) => this.#wait(cursor) });
  }

  readonly onEntry = (channel: string, entry: Entry): void => {
    const stream = this.#open.get(channel);
    if (!stream) {
      // The broker lends the payload only.
      const payload = Buffer.from(entry.publication.payload);
      this.#opening.get(channel)?.push({ ...entry, publication: { ...entry.publication, payload } });
      return;
    }
    this.#hear(stream, entry);
  };

  readonly onStreamGap = (channel: string, head: Position): void => {
    this.#gaps += 1;
    this.#open.get(channel)?.hearGap(head);
  };

  readonly onStray = (channel: string): void => {
    if (this.#strays === 0) {
      const hint = "a PUBLISH on a stream channel is delivered to nobody; use XADD";
      this.#options.log.warn({ channel }, hint);
    }
    this.#strays += 1;
  };

  stop(): void {
    clearInterval(this.#trimming);
    clearInterval(this.#sweeping);
    clearTimeout(this.#retry);
  }

  #begin(channel: string, head: Position, early: Early): void {
    const { hub, limits, rules } = this.#options;
    const { maxLength } = rules.of(channel).stream?.retention ?? {};
    const stream = new StreamChannel(head, {
      channel,
      read: this.#read,
      hub,
      reads: this.#reads,
      maxRecent: Math.min(limits.maxRecentPerStream, maxLength ?? limits.maxRecentPerStream),
      isOpen: (each) => this.#open.get(channel) === each,
      onGrown: (bytes) => this.#bound(bytes),
    });
    this.#open.set(channel, stream);
    for (const entry of early) {
      if (compareIds(entry.position.id, head.id) > 0) this.#hear(stream, entry);
    }
  }

  #hear(stream: StreamChannel, entry: Entry): void {
    const { limits, log } = this.#options;
    if (entry.publication.payload.length <= limits.maxDeliveredBytes) return stream.hear(entry);
    log.warn({ channel: stream.name }, "an entry is too large to be delivered, and a gap to its readers");
    this.#gaps += 1;
    stream.hearGap(entry.position);
  }

  #wait(cursor: Cursor): void {
    this.#waiting.add(cursor);
    this.#retry ??= setTimeout(() => {
      this.#retry = undefined;
      const cursors = [...this.#waiting];
      this.#waiting.clear();
      for (const each of cursors) each.resume();
    }, RETRY_MS).unref();
  }

  /** Not for each that comes are all looked at. */
  #bound(bytes: number): void {
    const { maxRecentBytes } = this.#options.limits;
    this.#uncountedBytes += bytes;
    if (this.#uncountedBytes < maxRecentBytes / COUNTS_PER_LIMIT) return;
    this.#uncountedBytes = 0;
    let excess = this.#recentBytes - maxRecentBytes;
    while (excess > 0) {
      const largest = this.#largest();
      if (!largest || largest.recentBytes === 0) return;
      excess -= largest.recentBytes;
      largest.forgetHalf();
      excess += largest.recentBytes;
    }
  }

  get #recentBytes(): number {
    let sum = 0;
    for (const { recentBytes } of this.#open.values()) sum += recentBytes;
    return sum;
  }

  #largest(): StreamChannel | undefined {
    let largest: StreamChannel | undefined;
    for (const stream of this.#open.values()) {
      if (!largest || stream.recentBytes > largest.recentBytes) largest = stream;
    }
    return largest;
  }

  #trim(): void {
    const { broker, rules } = this.#options;
    for (const [channel, stream] of this.#open) {
      const { maxAgeMs, maxLength } = rules.of(channel).stream?.retention ?? {};
      if (maxAgeMs !== undefined) stream.forgetBefore(Date.now() - maxAgeMs);
      if (maxAgeMs !== undefined || maxLength !== undefined) {
        void broker.streams.trim(channel, { maxAgeMs, maxLength });
      }
    }
  }

  #sweep(): void {
    const { broker, rules } = this.#options;
    void broker.streams.sweep((channel) => rules.of(channel).stream?.retention ?? {});
  }

  /** While nobody reads a channel, nobody removes what is too old. */
  async #dropOld(channel: string): Promise<void> {
    const { broker, rules } = this.#options;
    const { maxAgeMs } = rules.of(channel).stream?.retention ?? {};
    if (maxAgeMs !== undefined) await broker.streams.trim(channel, { maxAgeMs });
  }
}
