/**
 * Who in this process is in which channel, and the fan-out to them.
 *
 * Invariant: a publication is encoded once, and all that arrives in one turn of the event loop reaches each subscriber in
 * one write, in order for each channel.
 */
import type { Publication } from "@tidewire/broker";
import type { CloseCode } from "@tidewire/protocol";
import { encodeFrame } from "./frame.ts";

/** What the hub needs of a connection. */
export interface Subscriber {
  /** The hub's own note of what this subscriber gets in the write under way; `undefined` otherwise. */
  gathered: Buffer | undefined;
  /** Writes whole frames as they are; the buffer is shared with other subscribers and must not be changed. */
  write(frames: Buffer): void;
  close(closeCode: CloseCode): void;
}

interface Room {
  readonly subscribers: Set<Subscriber>;
  /** Encoded in this turn and not yet written. */
  frames: Buffer[];
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
  readonly #rooms = new Map<string, Room>();
  #fired: Room[] = [];
  #publications = 0;
  #deliveries = 0;
  readonly #onFlush: (durationMs: number) => void;

  /** @param onFlush called once a turn in which anything was delivered, with how long the writes took */
  constructor(onFlush: (durationMs: number) => void) {
    this.#onFlush = onFlush;
  }

  /** From now on the subscriber gets what is delivered on the channel. */
  add(channel: string, subscriber: Subscriber): void {
    let room = this.#rooms.get(channel);
    if (!room) {
      room = { subscribers: new Set(), frames: [] };
      this.#rooms.set(channel, room);
    }
    // What arrived earlier in this turn is not for the one who comes now.
    this.#write(room);
    room.subscribers.add(subscriber);
  }

  remove(channel: string, subscriber: Subscriber): void {
    const room = this.#rooms.get(channel);
    if (!room) return;
    room.subscribers.delete(subscriber);
    if (room.subscribers.size === 0) this.#rooms.delete(channel);
  }

  /** Takes a publication from the broker; it is written at the end of this turn. */
  deliver(channel: string, { payload }: Publication): void {
    const room = this.#rooms.get(channel);
    if (!room) return;
    if (room.frames.length === 0) this.#fire(room);
    room.frames.push(encodeFrame(payload));
    this.#publications += 1;
  }

  /** The channel is no more: everybody in it is closed, and leaves as always when its socket is gone. */
  expel(channel: string, closeCode: CloseCode): void {
    for (const subscriber of this.#rooms.get(channel)?.subscribers ?? []) subscriber.close(closeCode);
  }

  get counts(): HubCounts {
    return { channels: this.#rooms.size, publications: this.#publications, deliveries: this.#deliveries };
  }

  // setImmediate runs once all sockets that were readable in this turn have been read.
  #fire(room: Room): void {
    if (this.#fired.length === 0) setImmediate(() => this.#flush());
    this.#fired.push(room);
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

  #write(room: Room): void {
    const joined = this.#take(room);
    if (!joined) return;
    for (const subscriber of room.subscribers) subscriber.write(joined);
  }

  /** One write for each subscriber, also for one who is in several of the rooms. */
  #writeAll(rooms: readonly Room[]): void {
    const receivers: Subscriber[] = [];
    for (const room of rooms) {
      const joined = this.#take(room);
      if (!joined) continue;
      for (const subscriber of room.subscribers) {
        if (subscriber.gathered) {
          subscriber.gathered = Buffer.concat([subscriber.gathered, joined]);
        } else {
          subscriber.gathered = joined;
          receivers.push(subscriber);
        }
      }
    }
    for (const subscriber of receivers) {
      const { gathered } = subscriber;
      subscriber.gathered = undefined;
      if (gathered) subscriber.write(gathered);
    }
  }

  /** The room's frames of this turn as one buffer, shared by all its subscribers. */
  #take(room: Room): Buffer | undefined {
    const { frames } = room;
    const [first] = frames;
    if (!first) return undefined;
    room.frames = [];
    this.#deliveries += frames.length * room.subscribers.size;
    return frames.length === 1 ? first : Buffer.concat(frames);
  }
}
