/**
 * One WebSocket: frames out by raw writes, messages in by `ws`, with a bound on what waits to be sent.
 *
 * Invariant: raw frames and the control frames of `ws` go to the same socket, each in one piece, so they never
 * interleave inside a frame (compression is off).
 */
import type { Socket } from "node:net";
import { CLOSE_CODES, type CloseCode } from "@tidewire/protocol";
import { WebSocket } from "ws";
import type { Backlog, Debtor } from "./backlog.ts";
import type { Patient } from "./heartbeat.ts";
import type { Subscriber } from "./hub.ts";

/** What a session may do with its connection. */
export interface Connection extends Subscriber {
  close(closeCode: CloseCode): void;
  /** A bug: it is logged, this connection is closed, and no other is touched. */
  fail(error: unknown): void;
  /** Bytes that wait to be sent. */
  readonly bufferedBytes: number;
  /** Whether the client has to take something before more should be written. */
  readonly isBusy: boolean;
  /** Does it once, as soon as it is busy no more; several in their order, each only when it still is not. */
  whenIdle(action: () => void): void;
  /** Stops reading, so that TCP slows the client down. */
  pause(): void;
  resume(): void;
}

/**
 * Why a connection ended: our close code; or the client closed it; or its socket broke; or it did not answer the
 * heartbeat; or too much waited to be sent to all.
 */
export type CloseCause = number | "client" | "lost" | "silent" | "backlog";

/** What connections tell, for their sessions. `onClose` is the last call of each, and comes exactly once. */
export interface ConnectionHandlers {
  readonly onMessage: (connection: WebSocketConnection, data: Buffer, isBinary: boolean) => void;
  readonly onRefused: (connection: WebSocketConnection, channel: string) => void;
  readonly onClose: (connection: WebSocketConnection, cause: CloseCause) => void;
  readonly onBug: (error: unknown) => void;
}

export interface ConnectionOptions {
  /** Of all connections of this gateway since its start; never used again. */
  readonly number: number;
  /** Spoken by `ws` on `socket`. */
  readonly webSocket: GatewayWebSocket;
  /** The one that the `upgrade` event handed over. */
  readonly socket: Socket;
  readonly backlog: Backlog;
  readonly maxBufferedBytes: number;
  readonly handlers: ConnectionHandlers;
}

/** What `ws` reports when no close frame came (RFC 6455, section 7.1.5). */
const ABNORMAL_CLOSURE = 1006;

const REASONS = new Map<number, string>(Object.values(CLOSE_CODES).map(({ code, reason }) => [code, reason]));

const ignore = () => {};

/** Closes because the gateway is stopping; the number is what helps the client. */
export function goodbye(reconnectMs: number): CloseCode {
  return {
    ...CLOSE_CODES.goingAway,
    reason: `the gateway is stopping; come back in ${reconnectMs} ms`,
  };
}

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

export class WebSocketConnection implements Connection, Patient, Debtor {
  gathered: Buffer | undefined;
  readonly number: number;
  /** Since when it is open, in milliseconds since 1970. */
  readonly sinceMs = Date.now();
  readonly #options: ConnectionOptions;
  // Of its own, since the fan-out touches thousands of connections, and every object on the way costs time.
  readonly #socket: Socket;
  #isWritable = true;
  /** What waits until it is not busy; absent while nothing does. */
  #idleActions: (() => void)[] | undefined;
  #cause: "silent" | "backlog" | undefined;
  #isPaused = false;
  /** Whether a ping was sent since the peer last said something of its own. */
  #isAsked = false;
  /** What had come and gone at the last beat, and whether anything waited to be sent. */
  #bytesRead = 0;
  #bytesFlushed = 0;
  #wasOwing = false;

  /** Listens from now on; must be called in the turn of the upgrade, before any message can arrive. */
  constructor(options: ConnectionOptions) {
    this.number = options.number;
    this.#options = options;
    this.#socket = options.socket;
    const { webSocket, handlers } = options;
    webSocket.onClosing = () => {
      this.#isWritable = false;
    };
    webSocket.on("message", (data: Buffer, isBinary: boolean) => {
      this.#isAsked = false;
      this.#receive(data, isBinary);
    });
    webSocket.on("close", (code) => {
      this.#isWritable = false;
      options.backlog.remove(this);
      const ended = code === ABNORMAL_CLOSURE ? "lost" : "client";
      handlers.onClose(this, this.#cause ?? webSocket.ownCode ?? ended);
    });
    // After a fault of the peer `ws` closes by itself, and `close` follows: nothing is left to do.
    webSocket.on("error", ignore);
  }

  get bufferedBytes(): number {
    return this.#socket.writableLength;
  }

  get isBusy(): boolean {
    // One that is closing takes nothing any more.
    return !this.#isWritable || this.#socket.writableNeedDrain;
  }

  whenIdle(action: () => void): void {
    if (this.#idleActions) this.#idleActions.push(action);
    else this.#await([action]);
  }

  write(frames: Buffer): void {
    if (!this.#isWritable) return;
    const socket = this.#socket;
    const { writableLength } = socket;
    // To one who has taken all so far, a turn's frames go out however many they are.
    if (writableLength > 0 && writableLength + frames.length > this.#options.maxBufferedBytes) {
      this.close(CLOSE_CODES.slowReader);
      return;
    }
    socket.write(frames);
    if (socket.writableLength > 0) this.#options.backlog.add(this, frames.length);
  }

  refuse(channel: string): void {
    this.#options.handlers.onRefused(this, channel);
  }

  close({ code, reason }: CloseCode): void {
    this.#options.webSocket.close(code, reason);
  }

  fail(error: unknown): void {
    this.#options.handlers.onBug(error);
    this.close(CLOSE_CODES.internalError);
  }

  beat(): void {
    const { webSocket } = this.#options;
    const isAlive = this.#hasMoved();
    // A peer that we do not read can't be heard.
    if (this.#isPaused || webSocket.readyState !== WebSocket.OPEN) return;
    if (isAlive && !this.#isAsked) return;
    if (!isAlive && this.#isAsked) return this.#terminate("silent");
    this.#isAsked = true;
    webSocket.ping();
  }

  cut(): void {
    this.#terminate("backlog");
  }

  /** Ends it at once, without a goodbye. */
  terminate(): void {
    this.#isWritable = false;
    this.#options.webSocket.terminate();
  }

  pause(): void {
    this.#isPaused = true;
    this.#options.webSocket.pause();
  }

  resume(): void {
    this.#isPaused = false;
    this.#options.webSocket.resume();
  }

  /**
   * Whether bytes came since the last beat, or left while some were waiting: a large message that comes slowly, or a
   * reader that takes its time, is no dead peer. (What leaves with nothing waiting may only have gone to the kernel.)
   */
  #hasMoved(): boolean {
    const socket = this.#socket;
    const bytesFlushed = socket.bytesWritten - socket.writableLength;
    const hasMoved =
      socket.bytesRead !== this.#bytesRead || (this.#wasOwing && bytesFlushed !== this.#bytesFlushed);
    this.#bytesRead = socket.bytesRead;
    this.#bytesFlushed = bytesFlushed;
    this.#wasOwing = socket.writableLength > 0;
    return hasMoved;
  }

  #await(actions: (() => void)[]): void {
    this.#idleActions = actions;
    if (this.isBusy) this.#socket.once("drain", () => this.#runIdleActions());
    else setImmediate(() => this.#runIdleActions());
  }

  #runIdleActions(): void {
    const actions = this.#idleActions ?? [];
    this.#idleActions = undefined;
    while (actions.length > 0 && !this.isBusy) actions.shift()?.();
    if (actions.length === 0) return;
    // Whoever had its turn waits behind those that had not.
    const next = [...actions, ...(this.#idleActions ?? [])];
    if (this.#idleActions) this.#idleActions = next;
    else this.#await(next);
  }

  #receive(data: Buffer, isBinary: boolean): void {
    try {
      this.#options.handlers.onMessage(this, data, isBinary);
    } catch (error) {
      this.fail(error);
    }
  }

  #terminate(cause: "silent" | "backlog"): void {
    this.#cause = cause;
    this.terminate();
  }
}
