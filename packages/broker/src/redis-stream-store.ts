/** Streams as Redis keeps them: appending, reading and trimming, each one script. Throws what the client throws. */
import { randomBytes, randomInt } from "node:crypto";
import type { Redis } from "ioredis";
import type { Publication } from "./broker.ts";
import { encodeMetadata } from "./metadata.ts";
import { onceName } from "./once-name.ts";
import { NO_DIGEST, parsePosition } from "./position.ts";
import { bellName } from "./redis-names.ts";
import { digestOf, publicationOf } from "./stream-entry.ts";
import { APPEND, MAX_COUNT, MIN_COUNT, READ, TRIM } from "./stream-scripts.ts";
import type { AppendOptions, AppendOutcome, Entry, Page, ReadRequest, Retention } from "./streams.ts";

/** Most entries, and most bytes, of one page, whatever is asked: Redis does nothing else meanwhile. */
const MAX_PAGE_ENTRIES = 1_000;
const MAX_PAGE_BYTES = 8 * 1_024 * 1_024;
/** How long a gateway that trims keeps others from it, in milliseconds. */
const TRIM_CLAIM_MS = 5_000;

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
];

export class RedisStreamStore {
  readonly #options: RedisStreamStoreOptions;

  constructor(options: RedisStreamStoreOptions) {
    this.#options = options;
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
      const [duplicate, position] = reply as [number, Buffer];
      return { position: parsePosition(position.toString()), isDuplicate: duplicate === 1 };
    };
  }

  /** @param isOwn whether the position is a follower's own, and no client's */
  async read(channel: string, { stretch, limit, maxBytes }: ReadRequest, isOwn: boolean): Promise<Page> {
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
        isOwn ? "1" : "",
      ],
    );
    return pageOf(reply as PageReply, stretch.kind !== "after");
  }

  async trim(channel: string, retention: Retention): Promise<void> {
    await this.#eval(
      TRIM,
      channel,
      [this.#ownKey(channel, "trimmed")],
      [TRIM_CLAIM_MS, ...retentionArgs(retention)],
    );
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
