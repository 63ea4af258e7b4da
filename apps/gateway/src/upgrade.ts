/**
 * The way in for WebSockets: every check, then the channel, then the 101.
 *
 * Invariant: a client whose WebSocket is open is subscribed: what is published from then on reaches it.
 */
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Broker } from "@tidewire/broker";
import { channelFault, type ErrorCode, PLAIN_SUBPROTOCOL, type Refusal } from "@tidewire/protocol";
import { type Server, WebSocketServer } from "ws";
import { type AccessRules, refuseUpgrade } from "./access.ts";
import type { Limits } from "./limits.ts";
import { refuseSocket } from "./refusal.ts";
import { brokerRefusal } from "./broker-refusal.ts";
import type { AddressLimit } from "./address-limit.ts";
import { clientAddress, type TrustedProxies } from "./client-address.ts";
import { GatewayWebSocket } from "./connection.ts";
import type { Opened } from "./connections.ts";
import type { Interest } from "./interest.ts";

const ignore = () => {};

const CROWDED: Refusal = {
  code: "too_many_connections",
  message: "Too many connections come from this address.",
};
const STOPPING: Refusal = { code: "unavailable", message: "The gateway is stopping." };
const TOKEN_SUBPROTOCOL_PREFIX = "tidewire.token.";

export interface UpgradeOptions {
  readonly broker: Broker;
  readonly interest: Interest;
  readonly access: AccessRules;
  readonly trustedProxies: TrustedProxies;
  readonly addressLimit: AddressLimit;
  readonly limits: Limits;
  readonly defaultChannel: string;
  readonly isDraining: () => boolean;
  readonly onOpen: (opened: Opened) => void;
  readonly onRefused: (code: ErrorCode) => void;
}

export class Upgrade {
  readonly #options: UpgradeOptions;
  readonly #server: Server<typeof GatewayWebSocket>;
  /** Upgrades that wait for the broker; calling one ends its wait. */
  readonly #waiting = new Set<() => void>();

  constructor(options: UpgradeOptions) {
    this.#options = options;
    const { maxMessageBytes, maxFragments, maxBufferedChunks, maxPendingPongs, closeTimeoutMs } =
      options.limits;
    // A variable, since the types of `ws` do not know the newest options yet.
    const serverOptions = {
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      WebSocket: GatewayWebSocket,
      maxPayload: maxMessageBytes,
      maxFragments,
      maxBufferedChunks,
      maxPendingAutoPongs: maxPendingPongs,
      closeTimeout: closeTimeoutMs,
      handleProtocols: () => PLAIN_SUBPROTOCOL,
    };
    this.#server = new WebSocketServer<typeof GatewayWebSocket>(serverOptions);
    this.#server.on("wsClientError", (error, socket) => {
      this.#refuse(socket, { code: "bad_request", message: `${error.message}.` });
    });
  }

  /** The gateway is stopping: whoever still waits is refused now. */
  refuseWaiting(): void {
    for (const end of this.#waiting) end();
  }

  /** Takes what the HTTP server's `upgrade` event hands over. Rejects only for a bug. */
  async handle(request: IncomingMessage, socket: Socket, head: Buffer): Promise<void> {
    // Until `ws` listens, a peer that hangs up would otherwise end the process.
    socket.on("error", ignore);
    const { trustedProxies, addressLimit } = this.#options;
    const channel = this.#check(request);
    if (typeof channel !== "string") return this.#refuse(socket, channel);
    const address = clientAddress(request, trustedProxies);
    if (!addressLimit.enter(address)) return this.#refuse(socket, CROWDED);
    const refusal = await this.#join(channel);
    if (refusal) {
      addressLimit.leave(address);
      return this.#refuse(socket, refusal);
    }
    const release = () => {
      addressLimit.leave(address);
      this.#options.interest.release(channel);
    };
    const opened = this.#open(request, socket, head);
    if (opened) this.#options.onOpen({ webSocket: opened, socket, channel, release });
    else release();
  }

  /** Answers 101, unless it is too late or `ws` finds a fault. */
  #open(request: IncomingMessage, socket: Socket, head: Buffer): GatewayWebSocket | undefined {
    let opened: GatewayWebSocket | undefined;
    if (this.#options.isDraining()) this.#refuse(socket, STOPPING);
    else if (!socket.destroyed) {
      this.#server.handleUpgrade(request, socket, head, (webSocket) => {
        socket.off("error", ignore);
        opened = webSocket;
      });
    }
    return opened;
  }

  /** The channel that an acceptable request wants, or why it is not acceptable. */
  #check(request: IncomingMessage): string | Refusal {
    const { access, broker, defaultChannel } = this.#options;
    // `ws` checks this too, but only after the broker was asked.
    if (!isHandshake(request))
      return { code: "bad_request", message: "This is no WebSocket handshake, version 13." };
    const url = URL.parse(request.url ?? "", "ws://gateway");
    if (!url) return { code: "bad_request", message: "The URL can't be read." };
    if (url.pathname !== "/") return { code: "not_found", message: "WebSockets are at /." };
    const refusal = refuseUpgrade(
      { headers: request.headers, address: request.socket.remoteAddress },
      access,
    );
    if (refusal) return refusal;
    const offered = request.headers["sec-websocket-protocol"];
    if (offered !== undefined && !isPlainOffered(offered)) {
      return { code: "unknown_subprotocol", message: `Offer no subprotocol, or ${PLAIN_SUBPROTOCOL}.` };
    }
    const named = url.searchParams.getAll("channel");
    const channel = named[0] || defaultChannel;
    const fault = named.length > 1 ? "The channel is given more than once." : channelFault(channel);
    if (fault) return { code: "invalid_channel", message: fault };
    if (this.#options.isDraining()) return STOPPING;
    if (broker.link.state === "down") return { code: "unavailable", message: "The broker can't be reached." };
    return channel;
  }

  /** Holds the channel, or says why it could not in time. */
  async #join(channel: string): Promise<Refusal | undefined> {
    const { interest, limits } = this.#options;
    const held = interest.hold(channel);
    const { promise: tooLate, resolve } = Promise.withResolvers<"too late">();
    const end = () => resolve("too late");
    const timer = setTimeout(end, limits.handshakeTimeoutMs);
    this.#waiting.add(end);
    const result = await Promise.race([held, tooLate]);
    this.#waiting.delete(end);
    clearTimeout(timer);
    if (result === "too late") {
      void held.then(({ ok }) => ok && interest.release(channel));
      return this.#options.isDraining()
        ? STOPPING
        : { code: "unavailable", message: "The broker did not answer in time." };
    }
    return result.ok ? undefined : brokerRefusal(result.error);
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

// A token may stand among the subprotocols, where browsers can put it; nobody signs in yet, so it is passed over.
function isPlainOffered(header: string): boolean {
  const offered = header.split(",").map((name) => name.trim());
  return offered.filter((name) => !name.startsWith(TOKEN_SUBPROTOCOL_PREFIX)).includes(PLAIN_SUBPROTOCOL);
}
