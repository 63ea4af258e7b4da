/**
 * Who in this process is in which channel, and the fan-out to them.
 *
 * Invariant: a publication is encoded once for each wire form, and all that arrives in one turn of the event loop reaches
 * each subscriber in one write, in order for each channel.
 */
import type { Publication } from "@tidewire/broker";

/** What the hub needs of a connection. */
export interface Subscriber {
  /** The hub's own note of what this subscriber gets in the write under way; `undefined` otherwise. */
  gathered: Buffer | undefined;
  /** Writes whole frames as they are; the buffer is shared with other subscribers and must not be changed. */
  write(frames: Buffer): void;
  /** The broker refuses a channel that it is in. */
  refuse(channel: string): void;
}

/** How publications look to the subscribers of one protocol. */
export interface WireForm {
  /** One publication, as a piece of what is written. */
  encode(channel: string, publication: Publication): Buffer;
  /** Whole frames that hold the pieces, one or more, in order. */
  join(pieces: readonly Buffer[]): Buffer;
  /** The piece that tells of a gap, where that can be told. */
  gap?(channel: string): Buffer;
}

/** The subscribers of one channel that share a wire form. */
interface Audience {
  readonly form: WireForm;
  readonly subscribers: Set<Subscriber>;
  /** Subscribers that do not want the publications of one origin, their own. */
  readonly deaf: Map<Subscriber, string>;
  /** Encoded in this turn and not yet written. */
  pieces: Piece[];
}

interface Piece {
  readonly bytes: Buffer;
  readonly origin: string | undefined;
}

export interface HubCounts {
  /** Channels with a subscriber. */
  readonly channels: number;
  /** Publications that had a subscriber here, since the start. */
  readonly publications: number;
  /** Publications times subscribers, since the start. */
  readonly deliveries: number;
}

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
    if (deafTo !== undefined) audience.deaf.set(subscriber, deafTo);
  }

  remove(channel: string, subscriber: Subscriber): void {
    const audiences = this.#rooms.get(channel);
    if (!audiences) return;
    for (const { subscribers, deaf } of audiences) {
      subscribers.delete(subscriber);
      deaf.delete(subscriber);
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

  /** The broker was away: on any channel there may be a gap, and whoever can be told is told. */
  gap(): void {
    for (const [channel, audiences] of this.#rooms) {
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
    const audience: Audience = { form, subscribers: new Set(), deaf: new Map(), pieces: [] };
    this.#rooms.set(channel, [...audiences, audience]);
    return audience;
  }

  // setImmediate runs once all sockets that were readable in this turn have been read.
  #add(audience: Audience, bytes: Buffer, origin: string | undefined): void {
    if (audience.pieces.length === 0) {
      if (this.#fired.length === 0) setImmediate(() => this.#flush());
      this.#fired.push(audience);
    }
    audience.pieces.push({ bytes, origin });
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
    this.#take(audience, (subscriber, frames) => subscriber.write(frames));
  }

  /** One write for each subscriber, also for one who is in several of the channels. */
  #writeAll(audiences: readonly Audience[]): void {
    const receivers: Subscriber[] = [];
    for (const audience of audiences) {
      // Those who have gathered the same so far share what they have now.
      const joined = new Map<Buffer, Buffer>();
      this.#take(audience, (subscriber, frames) => {
        const { gathered } = subscriber;
        if (!gathered) {
          subscriber.gathered = frames;
          receivers.push(subscriber);
          return;
        }
        const both = joined.get(gathered) ?? Buffer.concat([gathered, frames]);
        joined.set(gathered, both);
        subscriber.gathered = both;
      });
    }
    for (const subscriber of receivers) {
      const { gathered } = subscriber;
      subscriber.gathered = undefined;
      if (gathered) subscriber.write(gathered);
    }
  }

  /** Hands each subscriber the audience's frames of this turn, in one buffer that all share. */
  #take(audience: Audience, give: (subscriber: Subscriber, frames: Buffer) => void): void {
    const { form, subscribers, deaf, pieces } = audience;
    if (pieces.length === 0) return;
    audience.pieces = [];
    this.#deliveries += pieces.length * subscribers.size;
    const frames = form.join(pieces.map(({ bytes }) => bytes));
    const exceptions = deaf.size === 0 ? undefined : exceptionsOf(audience, pieces);
    for (const subscriber of subscribers) {
      if (!exceptions?.has(subscriber)) give(subscriber, frames);
    }
    for (const [subscriber, heard] of exceptions ?? []) {
      if (heard.length > 0) give(subscriber, form.join(heard));
    }
  }
}

/** For those that left out some of the pieces: the others. */
function exceptionsOf({ deaf }: Audience, pieces: readonly Piece[]): Map<Subscriber, readonly Buffer[]> {
  const exceptions = new Map<Subscriber, readonly Buffer[]>();
  const origins = new Set(pieces.flatMap(({ origin }) => origin ?? []));
  if (origins.size === 0) return exceptions;
  for (const [subscriber, deafTo] of deaf) {
    if (!origins.has(deafTo)) continue;
    const heard = pieces.filter(({ origin }) => origin !== deafTo).map(({ bytes }) => bytes);
    exceptions.set(subscriber, heard);
  }
  return exceptions;
}
