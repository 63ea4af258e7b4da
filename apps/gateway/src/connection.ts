/**
 * One WebSocket: frames out by raw writes, messages in by `ws`, with a bound on what waits to be sent.
 *
 * Invariant: raw frames and the control frames of `ws` go to the same socket, each in one piece, so they never
 * interleave inside a frame (compression is off).
 */
import type { Duplex } from "node:stream";
import { CLOSE_CODES, type CloseCode } from "@tidewire/protocol";
import { WebSocket } from "ws";
import type { Subscriber } from "./hub.ts";

/** What a session may do with its connection. */
export interface Connection extends Subscriber {
  /** Stops reading, so that TCP slows the client down. */
  pause(): void;
  resume(): void;
}

/** Why a connection ended: our close code, or the client closed it, or its socket broke. */
export type CloseCause = number | "client" | "lost";

/** What a connection tells its session. `onClose` is the last call, and comes exactly once. */
export interface ConnectionHandlers {
  readonly onMessage: (data: Buffer, isBinary: boolean) => Promise<void>;
  readonly onClose: (cause: CloseCause) => void;
  /** `onMessage` rejected: a bug. The connection is closed, and no other is touched. */
  readonly onBug: (error: unknown) => void;
}

/** What `ws` reports when no close frame came (RFC 6455, section 7.1.5). */
const ABNORMAL_CLOSURE = 1006;

const REASONS = new Map<number, string>(Object.values(CLOSE_CODES).map(({ code, reason }) => [code, reason]));

/** The socket class for `ws`: when `ws` itself closes for a fault of the peer, the reason is said too. */
export class GatewayWebSocket extends WebSocket {
  /** The code with which this side closed. Absent when the peer was first. */
  ownCode: number | undefined;

  override close(code?: number, reason?: string | Buffer): void {
    // `ws` answers a close of the peer with the peer's own code and reason, the latter as a Buffer.
    if (!Buffer.isBuffer(reason)) this.ownCode ??= code;
    super.close(code, reason ?? (code === undefined ? undefined : REASONS.get(code)));
  }
}

export class WebSocketConnection implements Connection {
  readonly #webSocket: GatewayWebSocket;
  readonly #socket: Duplex;
  readonly #maxBufferedBytes: number;

  /** @param socket the one that the `upgrade` event handed over, now spoken by `webSocket` */
  constructor(webSocket: GatewayWebSocket, socket: Duplex, maxBufferedBytes: number) {
    this.#webSocket = webSocket;
    this.#socket = socket;
    this.#maxBufferedBytes = maxBufferedBytes;
  }

  /** Must be called in the turn of the upgrade, before any message can arrive. */
  listen(handlers: ConnectionHandlers): void {
    const webSocket = this.#webSocket;
    webSocket.on("message", (data: Buffer, isBinary: boolean) => {
      handlers.onMessage(data, isBinary).catch((error: unknown) => {
        handlers.onBug(error);
        this.close(CLOSE_CODES.internalError);
      });
    });
    webSocket.once("close", (code) => {
      handlers.onClose(webSocket.ownCode ?? (code === ABNORMAL_CLOSURE ? "lost" : "client"));
    });
    // After a fault of the peer `ws` closes by itself, and `close` follows: nothing is left to do.
    webSocket.on("error", () => {});
  }

  write(frames: Buffer): void {
    if (this.#webSocket.readyState !== WebSocket.OPEN) return;
    const { writableLength } = this.#socket;
    // To one who has taken all so far, a turn's frames go out however many they are.
    if (writableLength > 0 && writableLength + frames.length > this.#maxBufferedBytes) {
      this.close(CLOSE_CODES.slowReader);
    } else {
      this.#socket.write(frames);
    }
  }

  close({ code, reason }: CloseCode): void {
    this.#webSocket.close(code, reason);
  }

  /** Cuts the socket off. */
  terminate(): void {
    this.#webSocket.terminate();
  }

  pause(): void {
    this.#webSocket.pause();
  }

  resume(): void {
    this.#webSocket.resume();
  }
}
