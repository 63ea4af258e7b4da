/** Gives each connection the session that it asked for. */
import { userChannel } from "@tidewire/protocol";
import type { Accounts } from "./accounts.ts";
import type { Attend, Attendance } from "./attendance.ts";
import type { Authority } from "./authority.ts";
import type { ChannelRules } from "./channel-rules.ts";
import type { Config } from "./config.ts";
import type { Connection } from "./connection.ts";
import { connectionId } from "./connection-id.ts";
import { EventSession } from "./event-session.ts";
import type { Hub } from "./hub.ts";
import type { Identity } from "./identity.ts";
import type { Interest } from "./interest.ts";
import type { ReadHistory } from "./history.ts";
import { connectionRate } from "./limits.ts";
import { PlainSession, type PlainSessionOptions } from "./plain-session.ts";
import { memberAt } from "./presence-member.ts";
import type { HeldRoom, PresenceRooms } from "./presence-rooms.ts";
import type { Publish } from "./publish.ts";
import type { ReadPresence } from "./read-presence.ts";
import type { Session } from "./session.ts";
import type { Start } from "./stream-channel.ts";
import type { Openings, StreamChannels } from "./stream-channels.ts";
import { slower } from "./token-bucket.ts";
import { createV1Form } from "./v1-form.ts";
import { V1Session, type V1SessionOptions } from "./v1-session.ts";

/** What a client asked for when it came. */
export type Wanted =
  /** One channel, named when it came. */
  | PlainWanted
  | EventsWanted
  /** It may still sign in with its first message. */
  | { readonly protocol: "v1"; readonly identity: Identity | undefined };

interface ReaderWanted {
  readonly channel: string;
  /** On a stream channel. */
  readonly start: Start;
  /** Whether it wants to know who is on the channel. */
  readonly presence: boolean;
  /** Absent for one who has not signed in, and for a server. */
  readonly identity: Identity | undefined;
}

interface PlainWanted extends ReaderWanted {
  readonly protocol: "plain";
}

interface EventsWanted extends ReaderWanted {
  readonly protocol: "events";
  /** Whether it was here before, and may have missed something. */
  readonly isBack: boolean;
  /** Whether a server reads, with a key: it is nobody who is there. */
  readonly isServer: boolean;
}

/** The channels that a client is in from the beginning, which are held before it is let in. */
export function channelsOf(wanted: Wanted): readonly string[] {
  if (wanted.protocol === "v1") return [];
  const { protocol, channel, identity } = wanted;
  // A reader of events names what it reads, since one position stands for one channel.
  const own = protocol === "plain" && identity ? userChannel(identity.user) : channel;
  return own === channel ? [channel] : [channel, own];
}

/** A client that is let in. */
export interface Arrival {
  readonly wanted: Wanted;
  /** Where it begins in those of its channels that are streams. */
  readonly openings: Openings;
  /** Of its channel, where it wants to know who is there. */
  readonly room: HeldRoom | undefined;
}

export interface SessionsOptions {
  readonly publish: Publish;
  readonly readHistory: ReadHistory;
  readonly readPresence: ReadPresence;
  readonly attendance: Attendance;
  readonly rooms: PresenceRooms;
  readonly hub: Hub;
  readonly interest: Interest;
  readonly streams: StreamChannels;
  readonly rules: ChannelRules;
  readonly authority: Authority;
  /** Absent when nobody signs in. */
  readonly accounts: Accounts | undefined;
  readonly config: Config;
  /** Of this gateway's process. */
  readonly gatewayId: string;
  /** A number from 0 up to 1. */
  readonly random: () => number;
}

const now = () => performance.now();

export class Sessions {
  readonly #options: SessionsOptions;
  readonly #textPrefix: Buffer;
  readonly #v1: V1SessionOptions;

  constructor(options: SessionsOptions) {
    const { config, ...shared } = options;
    this.#options = options;
    this.#textPrefix = Buffer.from(config.textPrefix);
    const form = createV1Form(Date.now);
    const { limits } = config;
    this.#v1 = { ...shared, limits, rate: connectionRate(limits), form, now };
  }

  /** @param number that of the connection; never used again */
  open(connection: Connection, { wanted, openings, room }: Arrival, number: number): Session {
    switch (wanted.protocol) {
      case "plain": {
        const options = this.#plainOptions(wanted, room, number);
        return new PlainSession(connection, options, openings);
      }
      case "events": {
        const attend = wanted.isServer ? () => undefined : this.#attend(number, wanted);
        return new EventSession(connection, { ...this.#options, ...wanted, attend, room }, openings);
      }
      case "v1": {
        const id = connectionId(this.#v1.gatewayId, number);
        return new V1Session(connection, { id, identity: wanted.identity }, this.#v1);
      }
      default:
        return wanted satisfies never;
    }
  }

  #attend(number: number, { identity }: ReaderWanted): Attend {
    const { attendance, gatewayId } = this.#options;
    return (channel) => attendance.enter(channel, memberAt(gatewayId, number, identity));
  }

  #plainOptions(wanted: PlainWanted, room: HeldRoom | undefined, number: number): PlainSessionOptions {
    const { publish, hub, streams, rules, authority, accounts, gatewayId, config } = this.#options;
    const { channel, identity } = wanted;
    const rule = rules.of(channel);
    return {
      publish,
      hub,
      streams,
      accounts,
      identity,
      attend: this.#attend(number, wanted),
      channels: channelsOf(wanted),
      channel,
      others: room && { room, self: memberAt(gatewayId, number, identity).id },
      rule,
      mayPublish: authority.mayDo("publish", channel, identity),
      ask: authority.isAskedFor("publish", channel)
        ? () => authority.ask("publish", channel, identity)
        : undefined,
      textPrefix: this.#textPrefix,
      maxPendingRequests: config.limits.maxPendingRequestsPerConnection,
      rate: slower(connectionRate(config.limits), rule.publishRate),
      now,
    };
  }
}
