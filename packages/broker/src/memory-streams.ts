/** The streams of the embedded broker: kept as long as the process runs. */
import { failure, type Publication, type Result, success } from "./broker.ts";
import { KnownKeys } from "./known-keys.ts";
import { MemoryStream } from "./memory-stream.ts";
import { onceName } from "./once-name.ts";
import { compareIds } from "./position.ts";
import type {
  AppendOptions,
  AppendOutcome,
  Entry,
  Page,
  Position,
  ReadRequest,
  Retention,
  Streams,
  StreamsHandlers,
} from "./streams.ts";

const CLOSED = failure("closed", "the broker is closed");

/** As with Redis, nothing is given from inside a call. */
export class MemoryStreams implements Streams {
  readonly #handlers: StreamsHandlers;
  readonly #now: () => number;
  readonly #streams = new Map<string, MemoryStream>();
  /** Behind the last entry that was given, of each followed channel. */
  readonly #followed = new Map<string, Position>();
  readonly #keys: KnownKeys<Position>;
  #isClosed = false;

  /** @param now milliseconds since 1970 */
  constructor(handlers: StreamsHandlers, now: () => number) {
    this.#handlers = handlers;
    this.#now = now;
    this.#keys = new KnownKeys(now);
  }

  isFollowed(channel: string): boolean {
    return this.#followed.has(channel);
  }

  async append(
    channel: string,
    publication: Publication,
    { retention = {}, once }: AppendOptions = {},
  ): Promise<Result<AppendOutcome>> {
    if (this.#isClosed) return CLOSED;
    const name = once && onceName(channel, publication.sender, once);
    const known = name === undefined ? undefined : this.#keys.find(name);
    if (known) return success({ position: known, isDuplicate: true });
    const stream = this.#streamOf(channel);
    const entry = stream.append(publication);
    if (once && name !== undefined) this.#keys.claim(name, once.windowMs, entry.position);
    stream.trim(retention);
    queueMicrotask(() => this.#give(channel, entry));
    return success({ position: entry.position, isDuplicate: false });
  }

  async read(channel: string, request: ReadRequest): Promise<Result<Page>> {
    if (this.#isClosed) return CLOSED;
    const stream = this.#streams.get(channel) ?? new MemoryStream(this.#now);
    return success(stream.read(request));
  }

  async follow(channel: string): Promise<Result<Position>> {
    if (this.#isClosed) return CLOSED;
    const position = this.#followed.get(channel) ?? this.#streamOf(channel).head;
    this.#followed.set(channel, position);
    return success(position);
  }

  unfollow(channel: string): void {
    if (this.#followed.delete(channel)) this.#streams.get(channel)?.leave();
  }

  async trim(channel: string, retention: Retention): Promise<Result<void>> {
    if (this.#isClosed) return CLOSED;
    this.#streams.get(channel)?.trim(retention);
    return success(undefined);
  }

  async sweep(retentionOf: (channel: string) => Retention): Promise<Result<void>> {
    if (this.#isClosed) return CLOSED;
    for (const [channel, stream] of this.#streams) {
      const { maxAgeMs } = retentionOf(channel);
      if (maxAgeMs === undefined || this.#followed.has(channel)) continue;
      if (stream.isOlderThan(maxAgeMs)) this.#streams.delete(channel);
    }
    return success(undefined);
  }

  close(): void {
    this.#isClosed = true;
    this.#followed.clear();
  }

  #streamOf(channel: string): MemoryStream {
    let stream = this.#streams.get(channel);
    if (!stream) {
      stream = new MemoryStream(this.#now);
      this.#streams.set(channel, stream);
    }
    return stream;
  }

  // It may be one from before the channel was followed.
  #give(channel: string, entry: Entry): void {
    const last = this.#followed.get(channel);
    if (!last || compareIds(entry.position.id, last.id) <= 0) return;
    this.#followed.set(channel, entry.position);
    this.#handlers.onEntry(channel, entry);
  }
}
