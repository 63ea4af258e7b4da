/**
 * Who in this process is in which channel, and the fan-out to them.
 *
 * Invariant: a publication is encoded once for each wire form, and all that arrives in one turn of the event loop reaches
 * each subscriber in one write, in order for each channel.
 */
import type { Position, Publication } from "@tidewire/broker";

/** What the hub needs of a connection. */
export interface Subscriber {
  /** The hub's own note of what this subscriber gets in the write under way; `undefined` otherwise. */
  gathered: Buffer | undefined;
  /**
   * Writes whole frames as they are; the buffer is shared with other subscribers and must not be changed.
   *
   * @param upTo on a stream channel: behind the last publication that the frames hold, or leave out
   */
  write(frames: Buffer, upTo?: Position): void;
  /** The broker refuses a channel that it is in. */
  refuse(channel: string): void;
}

/** Where a publication is in a stream channel. */
export interface Place {
  /** Behind it, as text. */
  readonly position: string;
  /** When it was kept, in milliseconds since 1970. */
  readonly time: number;
}

/** A publication of a stream channel. */
export interface Kept {
  readonly position: Position;
  readonly publication: Publication;
  /** As a piece of what is written. */
  pieceIn(form: WireForm): Buffer;
}

/** How publications look to the subscribers of one protocol. */
export interface WireForm {
  /** One publication, as a piece of what is written; on a stream channel with its place there. */
  encode(channel: string, publication: Publication, place?: Place): Buffer;
  /** Whole frames that hold the pieces, one or more, in order. */
  join(pieces: readonly Buffer[]): Buffer;
  /** The piece that tells of a gap, where that can be told; on a stream channel with the position from which it goes on. */
  gap?(channel: string, position?: string): Buffer;
}

/** The subscribers of one channel that share a wire form. */
interface Audience {
  readonly form: WireForm;
  readonly subscribers: Set<Subscriber>;
  /** Subscribers that do not want the publications of one origin, their own; absent while there is none. */
  deaf: Map<Subscriber, string> | undefined;
  /** Encoded in this turn and not yet written. */
  pieces: Buffer[];
  /** Of those pieces that have one, their origins, by their places; absent while none has. */
  origins: (string | undefined)[] | undefined;
  /** On a stream channel: behind the last of the pieces. */
  upTo: Position | undefined;
}

/** What an audience gets in the write under way. */
interface Taken {
  /** Shared by all. */
  readonly frames: Buffer;
  /** Those that get less than that, and what; `undefined` for nothing at all. */
  readonly exceptions: ReadonlyMap<Subscriber, Buffer | undefined> | undefined;
  readonly upTo: Position | undefined;
}

export interface HubCounts {
  /** Channels with a subscriber. */
  readonly channels: number;
  /** Publications that had a subscriber here, since the start. */
  readonly publications: number;
  /** Publications times subscribers, since the start. */
  readonly deliveries: number;
}

const NOTHING = Buffer.alloc(0);

export class Hub {
  readonly #rooms = new Map<string, Audience[]>();
  #fired: Audience[] = [];
  #publications = 0;
  #deliveries = 0;
  readonly #onFlush: (durationMs: number) => void;

  /** @param onFlush called once a turn in which anything was delivered, with how long the writes took */
  constructor(onFlush: (durationMs: number) => void) {
    this.#onFlush = onFlush;
  }

  /**
   * From now on the subscriber gets what is delivered on the channel.
   *
   * @param deafTo the origin whose publications it does not get
   */
  add(channel: string, subscriber: Subscriber, form: WireForm, deafTo?: string): void {
    const audience = this.#audience(channel, form);
    // What arrived earlier in this turn is not for the one who comes now.
    this.#write(audience);
    audience.subscribers.add(subscriber);
    if (deafTo === undefined) return;
    audience.deaf ??= new Map();
    audience.deaf.set(subscriber, deafTo);
  }

  remove(channel: string, subscriber: Subscriber): void {
    const audiences = this.#rooms.get(channel);
    if (!audiences) return;
    for (const { subscribers, deaf } of audiences) {
      subscribers.delete(subscriber);
      deaf?.delete(subscriber);
    }
    const rest = audiences.filter(({ subscribers }) => subscribers.size > 0);
    if (rest.length === 0) this.#rooms.delete(channel);
    else if (rest.length < audiences.length) this.#rooms.set(channel, rest);
  }

  /** All channels with a subscriber, in no order. */
  channels(): Iterable<string> {
    return this.#rooms.keys();
  }

  subscribersOf(channel: string): number {
    const audiences = this.#rooms.get(channel) ?? [];
    return audiences.reduce((sum, { subscribers }) => sum + subscribers.size, 0);
  }

  /** Takes a publication from the broker; it is written at the end of this turn. */
  deliver(channel: string, publication: Publication): void {
    const audiences = this.#rooms.get(channel);
    if (!audiences) return;
    this.#publications += 1;
    for (const audience of audiences) {
      this.#add(audience, audience.form.encode(channel, publication), publication.origin);
    }
  }

  /** The same for a publication of a stream channel. */
  deliverKept(channel: string, kept: Kept): void {
    const audiences = this.#rooms.get(channel);
    if (!audiences) return;
    this.#publications += 1;
    for (const audience of audiences) {
      audience.upTo = kept.position;
      this.#add(audience, kept.pieceIn(audience.form), kept.publication.origin);
    }
  }

  /** Writes what has come on the channel by now, and does not wait for the end of the turn. */
  flush(channel: string): void {
    for (const audience of this.#rooms.get(channel) ?? []) this.#write(audience);
  }

  /** The broker was away: on any of these channels there may be a gap, and whoever can be told is told. */
  gap(isConcerned: (channel: string) => boolean): void {
    for (const [channel, audiences] of this.#rooms) {
      if (!isConcerned(channel)) continue;
      for (const audience of audiences) {
        const bytes = audience.form.gap?.(channel);
        if (bytes) this.#add(audience, bytes, undefined);
      }
    }
  }

  /** The channel is no more: everybody in it is told, and leaves. */
  refuse(channel: string): void {
    for (const { subscribers } of this.#rooms.get(channel) ?? []) {
      for (const subscriber of subscribers) subscriber.refuse(channel);
    }
  }

  get counts(): HubCounts {
    return { channels: this.#rooms.size, publications: this.#publications, deliveries: this.#deliveries };
  }

  #audience(channel: string, form: WireForm): Audience {
    const audiences = this.#rooms.get(channel) ?? [];
    const found = audiences.find((audience) => audience.form === form);
    if (found) return found;
    const audience: Audience = {
      form,
      subscribers: new Set(),
      deaf: undefined,
      pieces: [],
      origins: undefined,
      upTo: undefined,
    };
    this.#rooms.set(channel, [...audiences, audience]);
    return audience;
  }

  // setImmediate runs once all sockets that were readable in this turn have been read.
  #add(audience: Audience, bytes: Buffer, origin: string | undefined): void {
    if (audience.pieces.length === 0) {
      if (this.#fired.length === 0) setImmediate(() => this.#flush());
      this.#fired.push(audience);
    }
    audience.pieces.push(bytes);
    if (origin === undefined) return;
    audience.origins ??= [];
    audience.origins[audience.pieces.length - 1] = origin;
  }

  #flush(): void {
    const startMs = performance.now();
    const fired = this.#fired;
    this.#fired = [];
    const [first] = fired;
    if (first && fired.length === 1) this.#write(first);
    else this.#writeAll(fired);
    this.#onFlush(performance.now() - startMs);
  }

  #write(audience: Audience): void {
    const taken = this.#take(audience);
    if (!taken) return;
    for (const subscriber of audience.subscribers) {
      const frames = framesFor(taken, subscriber);
      if (frames) subscriber.write(frames, taken.upTo);
      else if (taken.upTo) subscriber.write(NOTHING, taken.upTo);
    }
  }

  /** One write for each subscriber, also for one who is in several of the channels. */
  #writeAll(audiences: readonly Audience[]): void {
    const receivers: Subscriber[] = [];
    for (const audience of audiences) {
      // Their subscribers are in one channel each, and have to know how far they have come in it.
      if (audience.upTo) {
        this.#write(audience);
        continue;
      }
      const taken = this.#take(audience);
      if (taken) gather(audience.subscribers, taken, receivers);
    }
    for (const subscriber of receivers) {
      const { gathered } = subscriber;
      subscriber.gathered = undefined;
      if (gathered) subscriber.write(gathered);
    }
  }

  #take(audience: Audience): Taken | undefined {
    const { form, subscribers, pieces, upTo } = audience;
    if (pieces.length === 0) return undefined;
    const exceptions = audience.origins && exceptionsOf(audience, audience.origins);
    audience.pieces = [];
    audience.origins = undefined;
    this.#deliveries += pieces.length * subscribers.size;
    return { frames: form.join(pieces), exceptions, upTo };
  }
}

function framesFor({ frames, exceptions }: Taken, subscriber: Subscriber): Buffer | undefined {
  return exceptions?.has(subscriber) ? exceptions.get(subscriber) : frames;
}

/** Notes what each gets behind what it has gathered so far; those who had nothing are added to `receivers`. */
function gather(subscribers: ReadonlySet<Subscriber>, taken: Taken, receivers: Subscriber[]): void {
  // Those who have gathered the same so far share what they have now.
  let joined: Map<Buffer, Buffer> | undefined;
  for (const subscriber of subscribers) {
    const frames = framesFor(taken, subscriber);
    if (!frames) continue;
    const { gathered } = subscriber;
    if (gathered) {
      joined ??= new Map();
      const both = joined.get(gathered) ?? Buffer.concat([gathered, frames]);
      joined.set(gathered, both);
      subscriber.gathered = both;
    } else {
      subscriber.gathered = frames;
      receivers.push(subscriber);
    }
  }
}

/** For those that leave out some of the pieces: the others, as frames. */
function exceptionsOf(
  { form, deaf, pieces }: Audience,
  origins: readonly (string | undefined)[],
): ReadonlyMap<Subscriber, Buffer | undefined> {
  const exceptions = new Map<Subscriber, Buffer | undefined>();
  for (const [subscriber, deafTo] of deaf ?? []) {
    if (!origins.includes(deafTo)) continue;
    const heard = pieces.filter((_, index) => origins[index] !== deafTo);
    exceptions.set(subscriber, heard.length > 0 ? form.join(heard) : undefined);
  }
  return exceptions;
}
