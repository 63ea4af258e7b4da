/**
 * One WebSocket: frames out by raw writes, messages in by `ws`.
 *
 * Invariant: raw frames and the control frames of `ws` go to the same socket, each in one piece, so they never
 * interleave inside a frame (compression is off).
 */
import { CLOSE_CODES, type CloseCode } from "@tidewire/protocol";
import { WebSocket } from "ws";
import { type ConnectionOptions, SocketConnection } from "./connection.ts";

/** What `ws` reports when no close frame came (RFC 6455, section 7.1.5). */
const ABNORMAL_CLOSURE = 1006;

const REASONS = new Map<number, string>(Object.values(CLOSE_CODES).map(({ code, reason }) => [code, reason]));

const ignore = () => {};

/** The socket class for `ws`: when `ws` itself closes for a fault of the peer, the reason is said too. */
export class GatewayWebSocket extends WebSocket {
  /** The code with which this side closed. Absent when the peer was first. */
  ownCode: number | undefined;
  /** Called when either side begins to close: nothing more may be written to its socket. */
  onClosing: (() => void) | undefined;

  override close(code?: number, reason?: string | Buffer): void {
    this.onClosing?.();
    // `ws` answers a close of the peer with the peer's own code and reason, the latter as a Buffer.
    if (!Buffer.isBuffer(reason)) this.ownCode ??= code;
    super.close(code, reason ?? (code === undefined ? undefined : REASONS.get(code)));
  }
}

export interface WebSocketConnectionOptions extends ConnectionOptions {
  /** Spoken by `ws` on `socket`. */
  readonly webSocket: GatewayWebSocket;
}

export class WebSocketConnection extends SocketConnection {
  readonly #webSocket: GatewayWebSocket;
  #isPaused = false;
  /** Whether a ping was sent since the peer last said something of its own. */
  #isAsked = false;
  /** What had come and gone at the last beat, and whether anything waited to be sent. */
  #bytesRead = 0;
  #bytesFlushed = 0;
  #wasOwing = false;

  /** Listens from now on; must be called in the turn of the upgrade, before any message can arrive. */
  constructor(options: WebSocketConnectionOptions) {
    super(options);
    const { webSocket } = options;
    this.#webSocket = webSocket;
    webSocket.onClosing = () => {
      this.isWritable = false;
    };
    webSocket.on("message", (data: Buffer, isBinary: boolean) => {
      this.#isAsked = false;
      this.receive(data, isBinary);
    });
    webSocket.on("close", (code) => {
      this.end(webSocket.ownCode ?? (code === ABNORMAL_CLOSURE ? "lost" : "client"));
    });
    // After a fault of the peer `ws` closes by itself, and `close` follows: nothing is left to do.
    webSocket.on("error", ignore);
  }

  override close({ code, reason }: CloseCode): void {
    this.#webSocket.close(code, reason);
  }

  override beat(): void {
    const isAlive = this.#hasMoved();
    // A peer that we do not read can't be heard.
    if (this.#isPaused || this.#webSocket.readyState !== WebSocket.OPEN) return;
    if (isAlive && !this.#isAsked) return;
    if (!isAlive && this.#isAsked) return this.stall();
    this.#isAsked = true;
    this.#webSocket.ping();
  }

  override terminate(): void {
    this.isWritable = false;
    this.#webSocket.terminate();
  }

  override pause(): void {
    this.#isPaused = true;
    this.#webSocket.pause();
  }

  override resume(): void {
    this.#isPaused = false;
    this.#webSocket.resume();
  }

  /**
   * Whether bytes came since the last beat, or left while some were waiting: a large message that comes slowly, or a
   * reader that takes its time, is no dead peer. (What leaves with nothing waiting may only have gone to the kernel.)
   */
  #hasMoved(): boolean {
    const { socket } = this;
    const bytesFlushed = socket.bytesWritten - socket.writableLength;
    const hasMoved =
      socket.bytesRead !== this.#bytesRead || (this.#wasOwing && bytesFlushed !== this.#bytesFlushed);
    this.#bytesRead = socket.bytesRead;
    this.#bytesFlushed = bytesFlushed;
    this.#wasOwing = socket.writableLength > 0;
    return hasMoved;
  }
}
