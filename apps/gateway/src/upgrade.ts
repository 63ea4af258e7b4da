/**
 * The way in for WebSockets: what they ask for, through the entrance, then the 101.
 *
 * Invariant: a plain client whose WebSocket is open is subscribed: what is published from then on reaches it.
 */
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
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
import type { ChannelRule, ChannelRules } from "./channel-rules.ts";
import type { Config } from "./config.ts";
import { NO_PRESENCE } from "./read-presence.ts";
import { refuseSocket } from "./refusal.ts";
import type { Entrance } from "./entrance.ts";
import type { Opened } from "./connections.ts";
import type { Wanted } from "./sessions.ts";
import { readStart } from "./start.ts";
import type { Start } from "./stream-channel.ts";
import { GatewayWebSocket } from "./web-socket-connection.ts";

const ignore = () => {};
/** What v1 clients say in messages. */
const NAMED = ["channel", "since", "last", "notices"] as const;

const NOT_A_CHOICE: Refusal = { code: "bad_request", message: "notices must be 0 or 1, once." };
const NO_NOTICES: Refusal = { code: "bad_request", message: NO_PRESENCE.message };

export interface UpgradeOptions {
  readonly entrance: Entrance;
  readonly rules: ChannelRules;
  readonly config: Config;
  readonly onOpen: (opened: Opened) => void;
  readonly onRefused: (code: ErrorCode) => void;
}

/** What a request asks for, as far as its words go. */
interface Asked {
  readonly subprotocol: Subprotocol;
  readonly channel: string;
  readonly start: Start;
  /** Whether it wants to be told who comes and goes. */
  readonly presence: boolean;
  readonly token: string | undefined;
}

export class Upgrade {
  readonly #options: UpgradeOptions;
  readonly #servers: Readonly<Record<Subprotocol, Server<typeof GatewayWebSocket>>>;

  constructor(options: UpgradeOptions) {
    this.#options = options;
    const { maxMessageBytes, maxFrameBytes } = options.config.limits;
    this.#servers = {
      [PLAIN_SUBPROTOCOL]: this.#createServer(PLAIN_SUBPROTOCOL, maxMessageBytes),
      [V1_SUBPROTOCOL]: this.#createServer(V1_SUBPROTOCOL, maxFrameBytes),
    };
  }

  /** Takes what the HTTP server's `upgrade` event hands over. Rejects only for a bug. */
  async handle(request: IncomingMessage, socket: Socket, head: Buffer): Promise<void> {
    // Until `ws` listens, a peer that hangs up would otherwise end the process.
    socket.on("error", ignore);
    const { entrance, onOpen } = this.#options;
    const asked = this.#check(request);
    if ("code" in asked) return this.#refuse(socket, asked);
    const admitted = await entrance.admit(request, () => this.#want(asked));
    if ("code" in admitted) return this.#refuse(socket, admitted);
    const webSocket = this.#open(request, socket, head, admitted.wanted);
    if (webSocket) onOpen({ ...admitted, webSocket, socket });
    else entrance.release(admitted);
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

  /** Answers 101, unless the client is gone or `ws` finds a fault. */
  #open(
    request: IncomingMessage,
    socket: Socket,
    head: Buffer,
    { protocol }: Wanted,
  ): GatewayWebSocket | undefined {
    let opened: GatewayWebSocket | undefined;
    if (!socket.destroyed) {
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
    const { config } = this.#options;
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
    return (
      this.#options.entrance.closed ?? {
        ...asked,
        token: this.#options.entrance.tokenOf(headers, url.searchParams),
      }
    );
  }

  #read(offered: string | undefined, query: URLSearchParams): Omit<Asked, "token"> | Refusal {
    const named = query.getAll("channel");
    const subprotocol = chooseSubprotocol(offered);
    if (!subprotocol) {
      const known = [V1_SUBPROTOCOL, PLAIN_SUBPROTOCOL].join(" or ");
      return { code: "unknown_subprotocol", message: `Offer no subprotocol, or ${known}.` };
    }
    if (subprotocol === V1_SUBPROTOCOL && NAMED.some((name) => query.has(name))) {
      return { code: "bad_request", message: `In ${V1_SUBPROTOCOL} that is said in messages.` };
    }
    const channel = named[0] || this.#options.config.channel;
    const fault = named.length > 1 ? "The channel is given more than once." : channelFault(channel);
    if (fault) return { code: "invalid_channel", message: fault };
    const rule = this.#options.rules.of(channel);
    const start = readStart(query, rule.stream !== undefined);
    if ("code" in start) return start;
    const presence = readNotices(query, rule);
    return typeof presence === "boolean" ? { subprotocol, channel, start, presence } : presence;
  }

  /** Who asks, and whether that one may. */
  async #want({ subprotocol, channel, start, presence, token }: Asked): Promise<Wanted | Refusal> {
    const { entrance } = this.#options;
    const identity = await entrance.identify(token);
    if (identity && "code" in identity) return identity;
    // A v1 client may still sign in with its first message.
    if (subprotocol === V1_SUBPROTOCOL) return { protocol: "v1", identity };
    const refusal = await entrance.refuseReader("plain", channel, identity);
    return refusal ?? { protocol: "plain", channel, start, presence, identity };
  }

  #refuse(socket: Duplex, refusal: Refusal): void {
    this.#options.onRefused(refusal.code);
    refuseSocket(socket, refusal);
  }
}

/** Whether a client wants notices of who comes and goes. One that could never get any is told so at once. */
function readNotices(query: URLSearchParams, rule: ChannelRule): boolean | Refusal {
  const [notices = "0", ...more] = query.getAll("notices");
  if (more.length > 0 || !["0", "1"].includes(notices)) return NOT_A_CHOICE;
  return notices === "1" && !rule.presence ? NO_NOTICES : notices === "1";
}

// RFC 6455, section 4.2.1: a GET, version 13, and a key of sixteen bytes in base64.
function isHandshake({ method, headers }: IncomingMessage): boolean {
  const key = headers["sec-websocket-key"] ?? "";
  return method === "GET" && headers["sec-websocket-version"] === "13" && /^[A-Za-z0-9+/]{22}==$/.test(key);
}
