/** The channels of which somebody here wants to know who is there: each is watched for as long. */
import type { BrokerError, Presence, PresenceNotice } from "@tidewire/broker";
import type { Limits } from "./limits.ts";
import type { Log } from "./log.ts";
import { PresenceRoom, type RoomReader } from "./presence-room.ts";

export interface PresenceRoomsOptions {
  readonly presence: Presence;
  readonly limits: Pick<Limits, "maxShownMembers">;
  readonly log: Log;
}

export class PresenceRooms {
  readonly #options: PresenceRoomsOptions;
  readonly #rooms = new Map<string, PresenceRoom>();
  #notices = 0;
  #resets = 0;

  constructor(options: PresenceRoomsOptions) {
    this.#options = options;
  }

  get counts() {
    return {
      rooms: this.#rooms.size,
      /** Since the start. */
      notices: this.#notices,
      resets: this.#resets,
    };
  }

  add(channel: string, reader: RoomReader): void {
    const room = this.#rooms.get(channel) ?? this.#open(channel);
    room.add(reader);
  }

  remove(channel: string, reader: RoomReader): void {
    const room = this.#rooms.get(channel);
    room?.remove(reader);
    if (!room?.isEmpty) return;
    this.#rooms.delete(channel);
    room.close();
  }

  hear(channel: string, notice: PresenceNotice): void {
    this.#notices += 1;
    this.#rooms.get(channel)?.hear(notice);
  }

  reset(): void {
    this.#resets += 1;
    for (const room of this.#rooms.values()) room.reset();
  }

  refuse(channel: string, error: BrokerError): void {
    this.#options.log.error({ channel }, `nobody is told any more who is there: ${error.message}`);
  }

  #open(channel: string): PresenceRoom {
    const { presence, limits, log } = this.#options;
    const room = new PresenceRoom({
      channel,
      presence,
      maxShown: limits.maxShownMembers,
      log,
    });
    this.#rooms.set(channel, room);
    return room;
  }
}
