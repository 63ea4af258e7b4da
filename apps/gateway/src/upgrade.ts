/**
 * The way in for WebSockets: every check, then a plain client's channel, then the 101.
 *
 * Invariant: a plain client whose WebSocket is open is subscribed: what is published from then on reaches it.
 */
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Broker, BrokerError } from "@tidewire/broker";
import {
  channelFault,
  chooseSubprotocol,
  type ErrorCode,
  PLAIN_SUBPROTOCOL,
  type Refusal,
  type Subprotocol,
  V1_SUBPROTOCOL,
} from "@tidewire/protocol";
import { type Server, WebSocketServer } from "ws";
import { refuseUpgrade } from "./access.ts";
import type { Authority } from "./authority.ts";
import type { Accounts } from "./accounts.ts";
import type { ChannelRules } from "./channel-rules.ts";
import type { Config } from "./config.ts";
import { refuseSocket } from "./refusal.ts";
import { brokerRefusal } from "./broker-refusal.ts";
import { AddressLimit } from "./address-limit.ts";
import { clientAddress, TrustedProxies } from "./client-address.ts";
import type { Opened } from "./connections.ts";
import type { Interest } from "./interest.ts";
import { type Arrival, channelsOf, type Wanted } from "./sessions.ts";
import { NOW, readStart } from "./start.ts";
import type { Opening, Start } from "./stream-channel.ts";
import type { Openings, StreamChannels } from "./stream-channels.ts";
import { tokenOf } from "./token-source.ts";
import { MAY_NOT_SUBSCRIBE } from "./v1-refusals.ts";
import { GatewayWebSocket } from "./web-socket-connection.ts";

const ignore = () => {};
const NONE: Openings = new Map();
/** What v1 clients say in messages. */
const NAMED = ["channel", "since", "last"] as const;

const CROWDED: Refusal = {
  code: "too_many_connections",
  message: "Too many connections come from this address.",
};
const STOPPING: Refusal = { code: "unavailable", message: "The gateway is stopping." };

export interface UpgradeOptions {
  readonly broker: Broker;
  readonly interest: Interest;
  readonly streams: StreamChannels;
  readonly rules: ChannelRules;
  readonly config: Config;
  readonly authority: Authority;
  /** Absent when nobody signs in. */
  readonly accounts: Accounts | undefined;
  readonly isDraining: () => boolean;
  readonly onOpen: (opened: Opened) => void;
  readonly onRefused: (code: ErrorCode) => void;
}

/** What a request asks for, as far as its words go. */
interface Asked {
  readonly subprotocol: Subprotocol;
  readonly channel: string;
  readonly start: Start;
  readonly token: string | undefined;
}

export class Upgrade {
  readonly #options: UpgradeOptions;
  readonly #trustedProxies: TrustedProxies;
  readonly #addressLimit: AddressLimit;
  readonly #servers: Readonly<Record<Subprotocol, Server<typeof GatewayWebSocket>>>;

  constructor(options: UpgradeOptions) {
    this.#options = options;
    const { trustProxy, limits } = options.config;
    this.#trustedProxies = new TrustedProxies(trustProxy);
    this.#addressLimit = new AddressLimit(limits.maxConnectionsPerAddress);
    const { maxMessageBytes, maxFrameBytes } = limits;
    this.#servers = {
      [PLAIN_SUBPROTOCOL]: this.#createServer(PLAIN_SUBPROTOCOL, maxMessageBytes),
      [V1_SUBPROTOCOL]: this.#createServer(V1_SUBPROTOCOL, maxFrameBytes),
    };
  }

  /** Takes what the HTTP server's `upgrade` event hands over. Rejects only for a bug. */
  async handle(request: IncomingMessage, socket: Socket, head: Buffer): Promise<void> {
    // Until `ws` listens, a peer that hangs up would otherwise end the process.
    socket.on("error", ignore);
    const addressLimit = this.#addressLimit;
    const asked = this.#check(request);
    if ("code" in asked) return this.#refuse(socket, asked);
    const address = clientAddress(request, this.#trustedProxies);
    if (!addressLimit.enter(address)) return this.#refuse(socket, CROWDED);
    const wanted = await this.#want(asked);
    const arrival = "code" in wanted ? wanted : await this.#join(wanted);
    if ("code" in arrival) {
      addressLimit.leave(address);
      return this.#refuse(socket, arrival);
    }
    const webSocket = this.#open(request, socket, head, arrival.wanted);
    if (webSocket) this.#options.onOpen({ ...arrival, webSocket, socket, address });
    else this.release({ ...arrival, address });
  }

  /** Gives back what was taken for one that is gone. */
  release({ wanted, address }: Pick<Opened, "wanted" | "address">): void {
    this.#addressLimit.leave(address);
    if (wanted.protocol !== "plain") return;
    for (const channel of channelsOf(wanted)) this.#options.interest.release(channel);
  }

  #createServer(subprotocol: Subprotocol, maxPayload: number): Server<typeof GatewayWebSocket> {
    const { maxFragments, maxBufferedChunks, maxPendingPongs, closeTimeoutMs } = this.#options.config.limits;
    // A variable, since the types of `ws` do not know the newest options yet.
    const serverOptions = {
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      WebSocket: GatewayWebSocket,
      maxPayload,
      maxFragments,
      maxBufferedChunks,
      maxPendingAutoPongs: maxPendingPongs,
      closeTimeout: closeTimeoutMs,
      handleProtocols: () => subprotocol,
    };
    const server = new WebSocketServer<typeof GatewayWebSocket>(serverOptions);
    server.on("wsClientError", (error, socket) => {
      this.#refuse(socket, { code: "bad_request", message: `${error.message}.` });
    });
    return server;
  }

  /** Answers 101, unless it is too late or `ws` finds a fault. */
  #open(
    request: IncomingMessage,
    socket: Socket,
    head: Buffer,
    { protocol }: Wanted,
  ): GatewayWebSocket | undefined {
    let opened: GatewayWebSocket | undefined;
    if (this.#options.isDraining()) this.#refuse(socket, STOPPING);
    else if (!socket.destroyed) {
      const server = this.#servers[protocol === "plain" ? PLAIN_SUBPROTOCOL : V1_SUBPROTOCOL];
      server.handleUpgrade(request, socket, head, (webSocket) => {
        socket.off("error", ignore);
        opened = webSocket;
      });
    }
    return opened;
  }

  /** What an acceptable request asks for, or why it is not acceptable. */
  #check(request: IncomingMessage): Asked | Refusal {
    const { config, broker } = this.#options;
    // `ws` checks this too, but only after the broker was asked.
    if (!isHandshake(request))
      return { code: "bad_request", message: "This is no WebSocket handshake, version 13." };
    const url = URL.parse(request.url ?? "", "ws://gateway");
    if (!url) return { code: "bad_request", message: "The URL can't be read." };
    if (url.pathname !== "/") return { code: "not_found", message: "WebSockets are at /." };
    const { headers, socket } = request;
    const refusal = refuseUpgrade({ headers, address: socket.remoteAddress }, config);
    if (refusal) return refusal;
    const asked = this.#read(headers["sec-websocket-protocol"], url.searchParams);
    if ("code" in asked) return asked;
    if (this.#options.isDraining()) return STOPPING;
    if (broker.link.state === "down") return { code: "unavailable", message: "The broker can't be reached." };
    return { ...asked, token: this.#tokenOf(headers, url.searchParams) };
  }

  #read(offered: string | undefined, query: URLSearchParams): Omit<Asked, "token"> | Refusal {
    const named = query.getAll("channel");
    const subprotocol = chooseSubprotocol(offered);
    if (!subprotocol) {
      const known = [V1_SUBPROTOCOL, PLAIN_SUBPROTOCOL].join(" or ");
      return { code: "unknown_subprotocol", message: `Offer no subprotocol, or ${known}.` };
    }
    if (subprotocol === V1_SUBPROTOCOL && NAMED.some((name) => query.has(name))) {
      return { code: "bad_request", message: `In ${V1_SUBPROTOCOL} channels are named in messages.` };
    }
    const channel = named[0] || this.#options.config.channel;
    const fault = named.length > 1 ? "The channel is given more than once." : channelFault(channel);
    if (fault) return { code: "invalid_channel", message: fault };
    const isKept = this.#options.rules.of(channel).stream !== undefined;
    const start = readStart(query, isKept);
    return "code" in start ? start : { subprotocol, channel, start };
  }

  #tokenOf(headers: IncomingHttpHeaders, query: URLSearchParams): string | undefined {
    const { identity, allowedOrigins } = this.#options.config;
    return identity && tokenOf(headers, query, { cookie: identity.cookie, allowedOrigins });
  }

  /** Who asks, and whether that one may. */
  async #want({ subprotocol, channel, start, token }: Asked): Promise<Wanted | Refusal> {
    const { accounts, authority } = this.#options;
    const checked = token === undefined ? undefined : await accounts?.check(token);
    if (checked?.ok === false) return checked;
    const identity = checked?.identity;
    // A v1 client may still sign in with its first message.
    if (subprotocol === V1_SUBPROTOCOL) return { protocol: "v1", identity };
    if (accounts && !identity) return { code: "unauthorized", message: "A token is wanted." };
    if (!authority.mayDo("subscribe", channel, identity)) return MAY_NOT_SUBSCRIBE;
    const refusal =
      (await authority.askToConnect("plain", identity)) ??
      (await authority.ask("subscribe", channel, identity));
    return refusal ?? { protocol: "plain", channel, start, identity };
  }

  /** Holds a plain client's channels, and finds where it begins; or says why it could not. */
  async #join(wanted: Wanted): Promise<Arrival | Refusal> {
    if (wanted.protocol !== "plain") return { wanted, openings: NONE };
    const { interest } = this.#options;
    const channels = channelsOf(wanted);
    const results = await Promise.all(channels.map((channel) => interest.hold(channel)));
    const failed = results.find((result) => !result.ok);
    if (failed) {
      for (const [index, { ok }] of results.entries()) if (ok) interest.release(channels[index] ?? "");
      return this.#failure(failed.error);
    }
    const openings = await this.#begin(wanted);
    if (!("code" in openings)) return { wanted, openings };
    for (const channel of channels) interest.release(channel);
    return openings;
  }

  async #begin(wanted: Extract<Wanted, { protocol: "plain" }>): Promise<Openings | Refusal> {
    const { streams } = this.#options;
    const openings = new Map<string, Opening>();
    for (const channel of channelsOf(wanted)) {
      const start = channel === wanted.channel ? wanted.start : NOW;
      const opening = await streams.get(channel)?.open(start);
      if (opening?.ok === false) return this.#failure(opening.error);
      if (opening) openings.set(channel, opening.value);
    }
    return openings.size === 0 ? NONE : openings;
  }

  #failure(error: BrokerError): Refusal {
    return this.#options.isDraining() ? STOPPING : brokerRefusal(error);
  }

  #refuse(socket: Duplex, refusal: Refusal): void {
    this.#options.onRefused(refusal.code);
    refuseSocket(socket, refusal);
  }
}

// RFC 6455, section 4.2.1: a GET, version 13, and a key of sixteen bytes in base64.
function isHandshake({ method, headers }: IncomingMessage): boolean {
  const key = headers["sec-websocket-key"] ?? "";
  return method === "GET" && headers["sec-websocket-version"] === "13" && /^[A-Za-z0-9+/]{22}==$/.test(key);
}
