/** Gives each connection the session that it asked for. */
import { userChannel } from "@tidewire/protocol";
import type { Accounts } from "./accounts.ts";
import type { Authority } from "./authority.ts";
import type { ChannelRules } from "./channel-rules.ts";
import type { Config } from "./config.ts";
import type { Connection } from "./connection.ts";
import { connectionId } from "./connection-id.ts";
import type { Hub } from "./hub.ts";
import type { Identity } from "./identity.ts";
import type { Interest } from "./interest.ts";
import type { ReadHistory } from "./history.ts";
import { connectionRate } from "./limits.ts";
import { PlainSession } from "./plain-session.ts";
import type { Publish } from "./publish.ts";
import type { Session } from "./session.ts";
import type { Start } from "./stream-channel.ts";
import type { Openings, StreamChannels } from "./stream-channels.ts";
import { slower } from "./token-bucket.ts";
import { createV1Form } from "./v1-form.ts";
import { V1Session, type V1SessionOptions } from "./v1-session.ts";

/** What a client asked for at the upgrade. */
export type Wanted =
  | {
      readonly protocol: "plain";
      readonly channel: string;
      /** On a stream channel. */
      readonly start: Start;
      readonly identity: Identity | undefined;
    }
  /** It may still sign in with its first message. */
  | { readonly protocol: "v1"; readonly identity: Identity | undefined };

/** The channels that a plain client is in, which are held before it is let in. */
export function channelsOf({ channel, identity }: Extract<Wanted, { protocol: "plain" }>): readonly string[] {
  const own = identity && userChannel(identity.user);
  return own === undefined || own === channel ? [channel] : [channel, own];
}

/** A client that is let in. */
export interface Arrival {
  readonly wanted: Wanted;
  /** Where a plain client begins. */
  readonly openings: Openings;
}

export interface SessionsOptions {
  readonly publish: Publish;
  readonly readHistory: ReadHistory;
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
  open(connection: Connection, { wanted, openings }: Arrival, number: number): Session {
    if (wanted.protocol === "plain") return this.#openPlain(connection, wanted, openings);
    const id = connectionId(this.#v1.gatewayId, number);
    return new V1Session(connection, { id, identity: wanted.identity }, this.#v1);
  }

  #openPlain(
    connection: Connection,
    wanted: Extract<Wanted, { protocol: "plain" }>,
    openings: Openings,
  ): Session {
    const { publish, hub, streams, rules, authority, accounts, config } = this.#options;
    const { channel, identity } = wanted;
    const rule = rules.of(channel);
    return new PlainSession(connection, {
      publish,
      hub,
      streams,
      openings,
      accounts,
      identity,
      channels: channelsOf(wanted),
      channel,
      rule,
      mayPublish: authority.mayDo("publish", channel, identity),
      ask: authority.isAskedFor("publish", channel)
        ? () => authority.ask("publish", channel, identity)
        : undefined,
      textPrefix: this.#textPrefix,
      maxPendingRequests: config.limits.maxPendingRequestsPerConnection,
      rate: slower(connectionRate(config.limits), rule.publishRate),
      now,
    });
  }
}
