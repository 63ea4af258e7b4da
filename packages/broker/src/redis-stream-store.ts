/** Streams as Redis keeps them: appending, reading and removing, each one script. Throws what the client throws. */
import { randomBytes, randomInt } from "node:crypto";
import type { Redis } from "ioredis";
import type { Publication } from "./broker.ts";
import { encodeMetadata } from "./metadata.ts";
import { onceName } from "./once-name.ts";
import { NO_DIGEST, parsePosition } from "./position.ts";
import { RedisKeptList } from "./redis-kept-list.ts";
import { bellName } from "./redis-names.ts";
import { digestOf, publicationOf } from "./stream-entry.ts";
import { MAX_COUNT, MIN_COUNT } from "./stream-script-pieces.ts";
import { APPEND, READ, TRIM } from "./stream-scripts.ts";
import { SWEEP } from "./stream-sweep-script.ts";
import type { AppendOptions, AppendOutcome, Entry, Page, ReadRequest, Retention } from "./streams.ts";

/** Most entries, and most bytes, of one page, whatever is asked: Redis does nothing else meanwhile. */
const MAX_PAGE_ENTRIES = 1_000;
const MAX_PAGE_BYTES = 8 * 1_024 * 1_024;
/** How long a gateway that trims keeps others from it, in milliseconds. */
const TRIM_CLAIM_MS = 5_000;
/** Longest time until a stream that may leave Redis is looked at again, in milliseconds. */
const MAX_PAUSE_MS = 86_400_000;

/** Of one who only reads, and does not know how long entries are kept: whoever sweeps next finds out. */
const UNSAID: Retention = { maxAgeMs: 0 };

export interface RedisStreamStoreOptions {
  readonly publisher: Redis;
  /** Goes before the name of every channel. */
  readonly prefix: string;
  /** Goes before the names that are no channel's. */
  readonly own: string;
  readonly isDurable: boolean;
}

type PageReply = [
  epoch: Buffer,
  id: Buffer,
  digest: Buffer,
  isComplete: number,
  hasMore: number,
  entries: [id: Buffer, fields: Buffer[]][],
  listedMs: number,
];

export class RedisStreamStore {
  /** Streams whose entries are kept for a time only. */
  readonly kept: RedisKeptList;
  readonly #options: RedisStreamStoreOptions;

  constructor(options: RedisStreamStoreOptions) {
    this.#options = options;
    this.kept = new RedisKeptList(options.publisher, options.own);
  }

  /** The stream's key. */
  keyOf(channel: string): string {
    return this.#options.prefix + channel;
  }

  channelOfKey(key: string): string {
    return key.slice(this.#options.prefix.length);
  }

  /** The name on which appends are told. */
  bellOf(channel: string): string {
    return this.#options.own + bellName(channel);
  }

  /** The channel whose appends are told on that name, if one's are. */
  channelOfBell(name: string): string | undefined {
    const prefix = this.bellOf("");
    return name.startsWith(prefix) ? name.slice(prefix.length) : undefined;
  }

  /**
   * What appends, when it is called.
   *
   * @throws RangeError when the metadata is too long
   */
  appending(
    channel: string,
    publication: Publication,
    { retention, once }: AppendOptions,
  ): () => Promise<AppendOutcome> {
    const names = once ? [this.#ownKey(channel, "once", onceName(channel, publication.sender, once))] : [];
    const args = [
      once ? Math.ceil(once.windowMs) : "",
      ...retentionArgs(retention),
      this.bellOf(channel),
      encodeMetadata(publication) ?? "",
      publication.payload,
    ];
    return async () => {
      const reply = await this.#eval(APPEND, channel, names, args);
      const [duplicate, position, listedMs] = reply as [number, Buffer, number];
      this.#list(channel, listedMs, retention);
      return { position: parsePosition(position.toString()), isDuplicate: duplicate === 1 };
    };
  }

  /** @param own the channel's retention, if the position is a follower's own, and no client's */
  async read(channel: string, { stretch, limit, maxBytes }: ReadRequest, own?: Retention): Promise<Page> {
    const { epoch, id, digest } =
      stretch.kind === "last" ? { epoch: "", id: "0-0", digest: NO_DIGEST } : stretch.position;
    const reply = await this.#eval(
      READ,
      channel,
      [],
      [
        stretch.kind,
        epoch,
        id,
        digest,
        Math.min(limit, MAX_PAGE_ENTRIES),
        Math.min(maxBytes, MAX_PAGE_BYTES),
        own ? "1" : "",
        own?.maxAgeMs === undefined ? "" : "1",
      ],
    );
    const page = reply as PageReply;
    this.#list(channel, page[6], own ?? UNSAID);
    return pageOf(page, stretch.kind !== "after");
  }

  async trim(channel: string, retention: Retention): Promise<void> {
    await this.#eval(
      TRIM,
      channel,
      [this.#ownKey(channel, "trimmed")],
      [TRIM_CLAIM_MS, ...retentionArgs(retention)],
    );
  }

  /** Removes the stream if nobody needs it. Resolves to when to look again, by Redis's clock, or 0 for never. */
  async sweep(channel: string, maxAgeMs: number): Promise<number> {
    return (await this.#eval(
      SWEEP,
      channel,
      [],
      [Math.ceil(maxAgeMs), this.bellOf(channel), pauseMs(maxAgeMs)],
    )) as number;
  }

  #list(channel: string, listedMs: number, { maxAgeMs }: Retention = {}): void {
    if (listedMs > 0 && maxAgeMs !== undefined) this.kept.add(channel, listedMs + pauseMs(maxAgeMs));
  }

  // The body goes along each time: a hash that Redis does not know would be sent twice, out of order.
  #eval(
    script: string,
    channel: string,
    names: readonly string[],
    args: readonly (string | number | Buffer)[],
  ): Promise<unknown> {
    const { publisher, isDurable } = this.#options;
    const keys = [this.keyOf(channel), this.#ownKey(channel, "epoch"), ...names];
    const chances = [randomBytes(12).toString("base64url"), randomInt(MIN_COUNT, MAX_COUNT)];
    return publisher.callBuffer("EVAL", [
      script,
      keys.length,
      ...keys,
      ...chances,
      isDurable ? "1" : "",
      ...args,
    ]);
  }

  /** A key beside the stream, in the same slot of a cluster. */
  #ownKey(channel: string, purpose: string, detail?: string): string {
    const key = `${this.#options.own}${purpose}:{${this.keyOf(channel)}}`;
    return detail === undefined ? key : `${key}:${detail}`;
  }
}

function retentionArgs({ maxLength, maxAgeMs }: Retention = {}): [string, string] {
  return [maxLength, maxAgeMs].map((limit) => (limit === undefined ? "" : String(Math.ceil(limit)))) as [
    string,
    string,
  ];
}

/**
 * Twice in the time for which entries are kept it is looked for followers: so one that has left, but was not seen to be
 * there, has left at most half that time ago.
 */
function pauseMs(maxAgeMs: number): number {
  return Math.ceil(Math.min(maxAgeMs / 2, MAX_PAUSE_MS));
}

function pageOf(reply: PageReply, isBackwards: boolean): Page {
  const [epochBytes, id, digest, isComplete, hasMore, rows] = reply;
  const epoch = epochBytes.toString();
  const entries = rows.map(([entryId, fields]): Entry => {
    const position = { epoch, id: entryId.toString(), digest: digestOf(fields) };
    return { position, publication: publicationOf(fields) };
  });
  return {
    entries: isBackwards ? entries.toReversed() : entries,
    head: { epoch, id: id.toString(), digest: digest.toString() },
    isComplete: isComplete === 1,
    hasMore: hasMore === 1,
  };
}
