/**
 * One v1 connection on channels with presence: that it is there, what is known of it, and what it is told of the others.
 *
 * Invariant: it is there exactly while it is subscribed, and is told nothing after that.
 */
import { setTimeout as wait } from "node:timers/promises";
import type { Result } from "@tidewire/broker";
import { type Info, type Refusal, type Subscribe, type Update } from "@tidewire/protocol";
import type { Attendance, Leaving, Stay } from "./attendance.ts";
import { brokerRefusal } from "./broker-refusal.ts";
import type { ChannelRules } from "./channel-rules.ts";
import type { Connection } from "./connection.ts";
import type { Identity } from "./identity.ts";
import type { Limits } from "./limits.ts";
import { V1_ROOM } from "./presence-form.ts";
import { type ListReader, listReader } from "./presence-lists.ts";
import { memberOf } from "./presence-member.ts";
import type { PresenceRooms } from "./presence-rooms.ts";
import { NO_PRESENCE } from "./read-presence.ts";
import * as refusals from "./v1-refusals.ts";
import type { Speaker } from "./v1-speaker.ts";

/** What all connections of a gateway share. */
export interface V1PresenceOptions {
  readonly attendance: Attendance;
  readonly rooms: PresenceRooms;
  readonly rules: ChannelRules;
  readonly limits: Limits;
}

interface Part {
  readonly stay: Stay;
  /** Absent where it does not want to know of the others. */
  readonly reader: ListReader | undefined;
  /** Whether the client has said itself what is known of it; otherwise its token does. */
  hasSpoken: boolean;
}

const TOO_LATE: Refusal = { code: "unavailable", message: "The broker did not take it in time." };
const TOO_MANY: Refusal = { code: "unavailable", message: "Too many changes wait for the broker." };

export class V1Presence {
  readonly #speaker: Speaker;
  readonly #connection: Connection;
  readonly #options: V1PresenceOptions;
  readonly #parts = new Map<string, Part>();
  /** Changes of its info that the broker has not taken yet, however long ago they were answered. */
  #updating = 0;

  constructor(speaker: Speaker, connection: Connection, options: V1PresenceOptions) {
    this.#speaker = speaker;
    this.#connection = connection;
    this.#options = options;
  }

  /** It is subscribed, and has been told so. One that is being closed comes nowhere any more. */
  begin(channel: string, wanted: Pick<Subscribe, "presence" | "info">): void {
    if (!this.#connection.isOpen) return;
    const { attendance, rooms } = this.#options;
    const { id, identity } = this.#speaker;
    const member = memberOf(id, identity);
    const info = wanted.info ? textOf(wanted.info) : member.info;
    const stay = attendance.enter(channel, { id: member.id, info });
    if (!stay) return this.#decline(channel, wanted);
    const reader = wanted.presence ? this.#createReader() : undefined;
    this.#parts.set(channel, { stay, reader, hasSpoken: wanted.info !== undefined });
    if (reader) rooms.add(channel, reader);
  }

  end(channel: string, how: Leaving): void {
    const part = this.#parts.get(channel);
    if (!part) return;
    this.#parts.delete(channel);
    if (part.reader) this.#options.rooms.remove(channel, part.reader);
    part.stay.leave(how);
  }

  endAll(how: Leaving): void {
    for (const channel of this.#parts.keys()) this.end(channel, how);
  }

  /** Its token is another one: what that says is known of it wherever it has said nothing itself. */
  renew(before: Identity): void {
    const { id, identity } = this.#speaker;
    const { info } = memberOf(id, identity);
    if (info === memberOf(id, before).info) return;
    for (const { stay, hasSpoken } of this.#parts.values()) if (!hasSpoken) void stay.update(info);
  }

  /** @param isSubscribed whether the connection is subscribed to the channel */
  async update({ id, channel, info }: Update, isSubscribed: boolean): Promise<Refusal | undefined> {
    if (!this.#options.rules.of(channel).presence) return NO_PRESENCE;
    const part = this.#parts.get(channel);
    if (!isSubscribed || !part) return refusals.NOT_SUBSCRIBED;
    const { handshakeTimeoutMs, maxPendingRequestsPerConnection } = this.#options.limits;
    if (this.#updating >= maxPendingRequestsPerConnection) return TOO_MANY;
    const late = new AbortController();
    const tooLate = wait(handshakeTimeoutMs, TOO_LATE, { signal: late.signal });
    part.hasSpoken = true;
    const updating = this.#tell(part, info);
    const result = await Promise.race([updating, tooLate.catch(() => TOO_LATE)]);
    late.abort();
    if ("code" in result) return result;
    if (!result.ok) return brokerRefusal(result.error);
    this.#speaker.say({ type: "updated", id, channel });
    return undefined;
  }

  async #tell({ stay }: Part, info: Info): Promise<Result<void>> {
    this.#updating += 1;
    const result = await stay.update(textOf(info));
    this.#updating -= 1;
    return result;
  }

  /** The channel has no presence. Its messages come all the same. */
  #decline(channel: string, { presence = false, info }: Pick<Subscribe, "presence" | "info">): void {
    if (!presence && info === undefined) return;
    const { code, message } = NO_PRESENCE;
    this.#speaker.say({ type: "presence", channel, total: 0, code, message });
  }

  #createReader(): ListReader {
    const [speaker, connection] = [this.#speaker, this.#connection];
    return listReader(connection, V1_ROOM, (frames) => {
      // What was said before comes before.
      speaker.flush();
      connection.write(frames);
    });
  }
}

function textOf(info: Info): string {
  return JSON.stringify(info);
}
