/** Gives each connection the session that it asked for. */
import { randomBytes } from "node:crypto";
import type { Broker } from "@tidewire/broker";
import type { ChannelRules } from "./channel-rules.ts";
import type { Config } from "./config.ts";
import type { Connection } from "./connection.ts";
import type { Hub } from "./hub.ts";
import type { Interest } from "./interest.ts";
import { connectionRate } from "./limits.ts";
import { PlainSession } from "./plain-session.ts";
import type { Session } from "./session.ts";
import { slower } from "./token-bucket.ts";
import { createV1Form } from "./v1-form.ts";
import { V1Session, type V1SessionOptions } from "./v1-session.ts";

/** What a client asked for at the upgrade. */
export type Wanted =
  /** The channel is held already. */
  { readonly protocol: "plain"; readonly channel: string } | { readonly protocol: "v1" };

export interface SessionsOptions {
  readonly broker: Broker;
  readonly hub: Hub;
  readonly interest: Interest;
  readonly rules: ChannelRules;
  readonly config: Config;
}

/** Random bytes in the id of a gateway: enough that no two are the same. */
const GATEWAY_ID_BYTES = 9;

const now = () => performance.now();

export class Sessions {
  readonly #options: SessionsOptions;
  readonly #textPrefix: Buffer;
  readonly #v1: V1SessionOptions;
  #opened = 0;

  constructor(options: SessionsOptions) {
    const { broker, hub, interest, rules, config } = options;
    this.#options = options;
    this.#textPrefix = Buffer.from(config.textPrefix);
    const gatewayId = randomBytes(GATEWAY_ID_BYTES).toString("base64url");
    const form = createV1Form(Date.now);
    this.#v1 = { broker, hub, interest, rules, limits: config.limits, form, gatewayId, now };
  }

  open(connection: Connection, wanted: Wanted): Session {
    if (wanted.protocol === "plain") return this.#openPlain(connection, wanted.channel);
    this.#opened += 1;
    return new V1Session(connection, `${this.#v1.gatewayId}.${this.#opened}`, this.#v1);
  }

  #openPlain(connection: Connection, channel: string): Session {
    const { broker, hub, rules, config } = this.#options;
    const rule = rules.of(channel);
    return new PlainSession(connection, {
      broker,
      hub,
      channel,
      rule,
      textPrefix: this.#textPrefix,
      maxPendingRequests: config.limits.maxPendingRequestsPerConnection,
      rate: slower(connectionRate(config.limits), rule.publishRate),
      now,
    });
  }
}
