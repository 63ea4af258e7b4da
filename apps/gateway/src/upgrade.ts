/**
 * The way in for WebSockets: every check, then a plain client's channel, then the 101.
 *
 * Invariant: a plain client whose WebSocket is open is subscribed: what is published from then on reaches it.
 */
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Broker } from "@tidewire/broker";
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
import { type AccessRules, refuseUpgrade } from "./access.ts";
import type { Limits } from "./limits.ts";
import { refuseSocket } from "./refusal.ts";
import { brokerRefusal } from "./broker-refusal.ts";
import type { AddressLimit } from "./address-limit.ts";
import { clientAddress, type TrustedProxies } from "./client-address.ts";
import { GatewayWebSocket } from "./connection.ts";
import type { Opened } from "./connections.ts";
import type { ChannelRules } from "./channel-rules.ts";
import type { Interest } from "./interest.ts";
import type { Wanted } from "./sessions.ts";
import { MAY_NOT_SUBSCRIBE } from "./v1-refusals.ts";

const ignore = () => {};

const CROWDED: Refusal = {
  code: "too_many_connections",
  message: "Too many connections come from this address.",
};
const STOPPING: Refusal = { code: "unavailable", message: "The gateway is stopping." };

export interface UpgradeOptions {
  readonly broker: Broker;
  readonly interest: Interest;
  readonly access: AccessRules;
  readonly trustedProxies: TrustedProxies;
  readonly addressLimit: AddressLimit;
  readonly limits: Limits;
  readonly defaultChannel: string;
  readonly rules: ChannelRules;
  readonly isDraining: () => boolean;
  readonly onOpen: (opened: Opened) => void;
  readonly onRefused: (code: ErrorCode) => void;
}

export class Upgrade {
  readonly #options: UpgradeOptions;
  readonly #servers: Readonly<Record<Subprotocol, Server<typeof GatewayWebSocket>>>;

  constructor(options: UpgradeOptions) {
    this.#options = options;
    const { maxMessageBytes, maxFrameBytes } = options.limits;
    this.#servers = {
      [PLAIN_SUBPROTOCOL]: this.#createServer(PLAIN_SUBPROTOCOL, maxMessageBytes),
      [V1_SUBPROTOCOL]: this.#createServer(V1_SUBPROTOCOL, maxFrameBytes),
    };
  }

  /** Takes what the HTTP server's `upgrade` event hands over. Rejects only for a bug. */
  async handle(request: IncomingMessage, socket: Socket, head: Buffer): Promise<void> {
    // Until `ws` listens, a peer that hangs up would otherwise end the process.
    socket.on("error", ignore);
    const { trustedProxies, addressLimit, interest } = this.#options;
    const wanted = this.#check(request);
    if ("code" in wanted) return this.#refuse(socket, wanted);
    const address = clientAddress(request, trustedProxies);
    if (!addressLimit.enter(address)) return this.#refuse(socket, CROWDED);
    const refusal = await this.#join(wanted);
    if (refusal) {
      addressLimit.leave(address);
      return this.#refuse(socket, refusal);
    }
    const release = () => {
      addressLimit.leave(address);
      if (wanted.protocol === "plain") interest.release(wanted.channel);
    };
    const webSocket = this.#open(request, socket, head, wanted);
    if (webSocket) this.#options.onOpen({ webSocket, socket, wanted, release });
    else release();
  }

  #createServer(subprotocol: Subprotocol, maxPayload: number): Server<typeof GatewayWebSocket> {
    const { maxFragments, maxBufferedChunks, maxPendingPongs, closeTimeoutMs } = this.#options.limits;
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

  /** What an acceptable request wants, or why it is not acceptable. */
  #check(request: IncomingMessage): Wanted | Refusal {
    const { access, broker } = this.#options;
    // `ws` checks this too, but only after the broker was asked.
    if (!isHandshake(request))
      return { code: "bad_request", message: "This is no WebSocket handshake, version 13." };
    const url = URL.parse(request.url ?? "", "ws://gateway");
    if (!url) return { code: "bad_request", message: "The URL can't be read." };
    if (url.pathname !== "/") return { code: "not_found", message: "WebSockets are at /." };
    const { headers, socket } = request;
    const refusal = refuseUpgrade({ headers, address: socket.remoteAddress }, access);
    if (refusal) return refusal;
    const wanted = this.#wantedOf(headers["sec-websocket-protocol"], url.searchParams.getAll("channel"));
    if ("code" in wanted) return wanted;
    if (this.#options.isDraining()) return STOPPING;
    if (broker.link.state === "down") return { code: "unavailable", message: "The broker can't be reached." };
    return wanted;
  }

  #wantedOf(offered: string | undefined, named: readonly string[]): Wanted | Refusal {
    const { defaultChannel, rules } = this.#options;
    const subprotocol = chooseSubprotocol(offered);
    if (!subprotocol) {
      const known = [V1_SUBPROTOCOL, PLAIN_SUBPROTOCOL].join(" or ");
      return { code: "unknown_subprotocol", message: `Offer no subprotocol, or ${known}.` };
    }
    if (subprotocol === V1_SUBPROTOCOL) {
      if (named.length === 0) return { protocol: "v1" };
      return { code: "bad_request", message: `In ${V1_SUBPROTOCOL} channels are named in messages.` };
    }
    const channel = named[0] || defaultChannel;
    const fault = named.length > 1 ? "The channel is given more than once." : channelFault(channel);
    if (fault) return { code: "invalid_channel", message: fault };
    if (rules.of(channel).subscribe === "nobody") return MAY_NOT_SUBSCRIBE;
    return { protocol: "plain", channel };
  }

  /** Holds a plain client's channel, or says why it could not. */
  async #join(wanted: Wanted): Promise<Refusal | undefined> {
    if (wanted.protocol !== "plain") return undefined;
    const result = await this.#options.interest.hold(wanted.channel);
    if (result.ok) return undefined;
    return this.#options.isDraining() ? STOPPING : brokerRefusal(result.error);
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
