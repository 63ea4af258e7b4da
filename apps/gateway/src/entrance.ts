/**
 * What all ways in have in common: a place for the client's address, who it is, what it may read, and its channels.
 *
 * Invariant: what was taken for a client that does not get in is given back, and whoever gets in is subscribed.
 */
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import type { Broker, BrokerError } from "@tidewire/broker";
import type { Refusal } from "@tidewire/protocol";
import type { Accounts } from "./accounts.ts";
import { AddressLimit } from "./address-limit.ts";
import type { Authority, Decision } from "./authority.ts";
import { brokerRefusal } from "./broker-refusal.ts";
import { clientAddress, TrustedProxies } from "./client-address.ts";
import type { Config } from "./config.ts";
import type { Identity } from "./identity.ts";
import type { Interest } from "./interest.ts";
import type { HeldRoom, PresenceRooms } from "./presence-rooms.ts";
import { type Arrival, channelsOf, type Wanted } from "./sessions.ts";
import { NOW } from "./start.ts";
import type { Opening } from "./stream-channel.ts";
import type { Openings, StreamChannels } from "./stream-channels.ts";
import { tokenOf } from "./token-source.ts";
import { MAY_NOT_SUBSCRIBE } from "./v1-refusals.ts";

const NONE: Openings = new Map();

const CROWDED: Refusal = {
  code: "too_many_connections",
  message: "Too many connections come from this address.",
};
const STOPPING: Refusal = { code: "unavailable", message: "The gateway is stopping." };
const BROKER_DOWN: Refusal = { code: "unavailable", message: "The broker can't be reached." };
const NO_TOKEN: Refusal = { code: "unauthorized", message: "A token is wanted." };
const OVER: Refusal = { code: "unauthorized", message: "The token is not accepted. It is over, or revoked." };

export interface EntranceOptions {
  readonly broker: Broker;
  readonly interest: Interest;
  readonly streams: StreamChannels;
  readonly rooms: PresenceRooms;
  readonly config: Config;
  readonly authority: Authority;
  /** Absent when nobody signs in. */
  readonly accounts: Accounts | undefined;
  readonly isDraining: () => boolean;
}

/** A client for which everything is there. */
export interface Admitted extends Arrival {
  /** Where it is. */
  readonly address: string;
}

/** What was taken for a client. */
export type Taken = Pick<Admitted, "wanted" | "address" | "room">;

export class Entrance {
  readonly #options: EntranceOptions;
  readonly #trustedProxies: TrustedProxies;
  readonly #addressLimit: AddressLimit;

  constructor(options: EntranceOptions) {
    this.#options = options;
    const { trustProxy, limits } = options.config;
    this.#trustedProxies = new TrustedProxies(trustProxy);
    this.#addressLimit = new AddressLimit(limits.maxConnectionsPerAddress);
  }

  /** Why nobody gets in now. */
  get closed(): Refusal | undefined {
    const { broker, isDraining } = this.#options;
    if (isDraining()) return STOPPING;
    return broker.link.state === "down" ? BROKER_DOWN : undefined;
  }

  /** @param want finds out what the client gets, if it may; asked when there is a place for it */
  async admit(request: IncomingMessage, want: () => Promise<Wanted | Refusal>): Promise<Admitted | Refusal> {
    const address = clientAddress(request, this.#trustedProxies);
    if (!this.#addressLimit.enter(address)) return CROWDED;
    const wanted = await want();
    const arrival = "code" in wanted ? wanted : await this.#join(wanted);
    if (!("code" in arrival)) return { ...arrival, address };
    this.#addressLimit.leave(address);
    return arrival;
  }

  /** Gives back what was taken for one that is gone. */
  release({ wanted, address, room }: Taken): void {
    this.#addressLimit.leave(address);
    room?.release();
    for (const channel of channelsOf(wanted)) this.#options.interest.release(channel);
  }

  /** What it says it is: `undefined` where it says nothing, or nobody signs in. */
  tokenOf(headers: IncomingHttpHeaders, query: URLSearchParams): string | undefined {
    const { identity, allowedOrigins } = this.#options.config;
    return identity && tokenOf(headers, query, { cookie: identity.cookie, allowedOrigins });
  }

  /** Who it is; `undefined` where it has no token, or nobody signs in. */
  async identify(token: string | undefined): Promise<Identity | Refusal | undefined> {
    const checked = token === undefined ? undefined : await this.#options.accounts?.check(token);
    return checked?.ok === false ? checked : checked?.identity;
  }

  /** Why a client may not read the channel, by rules and grants and by the application's word. */
  async refuseReader(
    protocol: "plain" | "events",
    channel: string,
    identity: Identity | undefined,
  ): Promise<Decision> {
    const { accounts, authority } = this.#options;
    if (accounts && !identity) return NO_TOKEN;
    if (!authority.mayDo("subscribe", channel, identity)) return MAY_NOT_SUBSCRIBE;
    return (
      (await authority.askToConnect(protocol, identity)) ??
      (await authority.ask("subscribe", channel, identity))
    );
  }

  /** Why one that was let in must have nothing all the same: time has passed since. */
  refuseLate(identity: Identity | undefined): Refusal | undefined {
    const { accounts, isDraining } = this.#options;
    if (isDraining()) return STOPPING;
    return identity && accounts?.isOver(identity) ? OVER : undefined;
  }

  /** Holds a reader's channels, and finds where it begins; or says why it could not. */
  async #join(wanted: Wanted): Promise<Arrival | Refusal> {
    const { interest } = this.#options;
    const channels = channelsOf(wanted);
    const results = await Promise.all(channels.map((channel) => interest.hold(channel)));
    const failed = results.find((result) => !result.ok);
    if (failed) {
      for (const [index, { ok }] of results.entries()) if (ok) interest.release(channels[index] ?? "");
      return this.#failure(failed.error);
    }
    const arrival = await this.#arrive(wanted);
    if ("code" in arrival) for (const channel of channels) interest.release(channel);
    return arrival;
  }

  async #arrive(wanted: Wanted): Promise<Arrival | Refusal> {
    const openings = await this.#begin(wanted);
    if ("code" in openings) return openings;
    // Last, so that nothing which it is to be told of can happen before it is in.
    const room = await this.#enterRoom(wanted);
    if (room && "code" in room) return room;
    const refusal = this.refuseLate(wanted.identity);
    if (refusal) room?.release();
    return refusal ?? { wanted, openings, room };
  }

  async #enterRoom(wanted: Wanted): Promise<HeldRoom | Refusal | undefined> {
    if (wanted.protocol === "v1" || !wanted.presence) return undefined;
    const held = await this.#options.rooms.hold(wanted.channel);
    return held.ok ? held.value : this.#failure(held.error);
  }

  async #begin(wanted: Wanted): Promise<Openings | Refusal> {
    const { streams } = this.#options;
    const openings = new Map<string, Opening>();
    for (const channel of channelsOf(wanted)) {
      const isNamed = wanted.protocol !== "v1" && channel === wanted.channel;
      const opening = await streams.get(channel)?.open(isNamed ? wanted.start : NOW);
      if (opening?.ok === false) return this.#failure(opening.error);
      if (opening) openings.set(channel, opening.value);
    }
    return openings.size === 0 ? NONE : openings;
  }

  #failure(error: BrokerError): Refusal {
    return this.#options.isDraining() ? STOPPING : brokerRefusal(error);
  }
}
