/** Gives each connection the session that it asked for. */
import type { Broker } from "@tidewire/broker";
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
import { connectionRate } from "./limits.ts";
import { PlainSession } from "./plain-session.ts";
import type { Session } from "./session.ts";
import { slower } from "./token-bucket.ts";
import { createV1Form } from "./v1-form.ts";
import { V1Session, type V1SessionOptions } from "./v1-session.ts";

/** What a client asked for at the upgrade. */
export type Wanted =
  | { readonly protocol: "plain"; readonly channel: string; readonly identity: Identity | undefined }
  /** It may still sign in with its first message. */
  | { readonly protocol: "v1"; readonly identity: Identity | undefined };

/** The channels that a plain client is in, which are held before it is let in. */
export function channelsOf({ channel, identity }: Extract<Wanted, { protocol: "plain" }>): readonly string[] {
  const own = identity && userChannel(identity.user);
  return own === undefined || own === channel ? [channel] : [channel, own];
}

export interface SessionsOptions {
  readonly broker: Broker;
  readonly hub: Hub;
  readonly interest: Interest;
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
    const { broker, hub, interest, rules, authority, accounts, config, gatewayId } = options;
    this.#options = options;
    this.#textPrefix = Buffer.from(config.textPrefix);
    const form = createV1Form(Date.now);
    const { limits } = config;
    const rate = connectionRate(limits);
    this.#v1 = { broker, hub, interest, rules, authority, accounts, limits, rate, form, gatewayId, now };
  }

  /** @param number that of the connection; never used again */
  open(connection: Connection, wanted: Wanted, number: number): Session {
    if (wanted.protocol === "plain") return this.#openPlain(connection, wanted);
    const id = connectionId(this.#v1.gatewayId, number);
    return new V1Session(connection, { id, identity: wanted.identity }, this.#v1);
  }

  #openPlain(connection: Connection, wanted: Extract<Wanted, { protocol: "plain" }>): Session {
    const { broker, hub, rules, authority, accounts, config } = this.#options;
    const { channel, identity } = wanted;
    const rule = rules.of(channel);
    return new PlainSession(connection, {
      broker,
      hub,
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
