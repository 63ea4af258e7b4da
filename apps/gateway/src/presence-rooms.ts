/** The channels of which somebody here wants to know who is there: each is watched for as long. */
import type { BrokerError, Presence, PresenceNotice, Result } from "@tidewire/broker";
import { TOO_LATE } from "./interest.ts";
import type { Limits } from "./limits.ts";
import type { Log } from "./log.ts";
import { Patience } from "./patience.ts";
import { PresenceRoom, type RoomReader } from "./presence-room.ts";

export interface PresenceRoomsOptions {
  readonly presence: Presence;
  readonly limits: Pick<Limits, "maxShownMembers" | "handshakeTimeoutMs">;
  readonly log: Log;
}

/** A room that is kept up until it is released. */
export interface HeldRoom {
  add(reader: RoomReader): void;
  remove(reader: RoomReader): void;
  release(): void;
}

export class PresenceRooms {
  readonly #options: PresenceRoomsOptions;
  readonly #rooms = new Map<string, PresenceRoom>();
  readonly #patience: Patience;
  #notices = 0;
  #resets = 0;

  constructor(options: PresenceRoomsOptions) {
    this.#options = options;
    this.#patience = new Patience(options.limits.handshakeTimeoutMs);
  }

  get counts() {
    return {
      rooms: this.#rooms.size,
      /** Since the start. */
      notices: this.#notices,
      resets: this.#resets,
    };
  }

  /**
   * Settles once it is known who is on the channel: whoever is added in the same turn is told of all that happens from
   * then on. One that succeeded must be released, one that failed not.
   */
  async hold(channel: string): Promise<Result<HeldRoom>> {
    const room = this.#find(channel);
    room.hold();
    const release = () => {
      room.release();
      this.#closeIfEmpty(channel, room);
    };
    const result = (await this.#patience.wait(room.known())) ?? TOO_LATE;
    if (!result.ok) {
      release();
      return result;
    }
    const value = {
      add: (reader: RoomReader) => room.add(reader),
      remove: (reader: RoomReader) => room.remove(reader),
      release,
    };
    return { ok: true, value };
  }

  /** Whoever still waits for the broker waits no more, and fails. */
  endWaiting(): void {
    this.#patience.end();
  }

  add(channel: string, reader: RoomReader): void {
    this.#find(channel).add(reader);
  }

  remove(channel: string, reader: RoomReader): void {
    const room = this.#rooms.get(channel);
    if (!room) return;
    room.remove(reader);
    this.#closeIfEmpty(channel, room);
  }

  hear(channel: string, notice: PresenceNotice): void {
    this.#notices += 1;
    this.#rooms.get(channel)?.hear(notice);
  }

  reset(): void {
    this.#resets += 1;
    for (const room of this.#rooms.values()) room.reset();
  }

  /** The broker tells no more of the channel. */
  refuse(channel: string, error: BrokerError): void {
    this.#rooms.get(channel)?.refuse(error);
  }

  #find(channel: string): PresenceRoom {
    return this.#rooms.get(channel) ?? this.#open(channel);
  }

  #open(channel: string): PresenceRoom {
    const { presence, limits } = this.#options;
    const room: PresenceRoom = new PresenceRoom({
      channel,
      presence,
      maxShown: limits.maxShownMembers,
      onRefused: (error) => this.#forget(channel, room, error),
    });
    this.#rooms.set(channel, room);
    return room;
  }

  // Whoever wants to know from now on asks the broker anew.
  #forget(channel: string, room: PresenceRoom, error: BrokerError): void {
    if (this.#rooms.get(channel) === room) this.#rooms.delete(channel);
    this.#options.log.error({ channel }, `nobody is told who is there: ${error.message}`);
  }

  #closeIfEmpty(channel: string, room: PresenceRoom): void {
    if (!room.isEmpty || this.#rooms.get(channel) !== room) return;
    this.#rooms.delete(channel);
    room.close();
  }
}
