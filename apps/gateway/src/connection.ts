/**
 * One connection on a raw socket, whatever is spoken there: what is written, with a bound on what waits to be sent.
 *
 * Invariant: what is written goes to the socket in one piece, so nothing else that its way of speaking sends there can fall
 * inside of it.
 */
import type { Socket } from "node:net";
import { CLOSE_CODES, type CloseCode } from "@tidewire/protocol";
import type { Backlog, Debtor } from "./backlog.ts";
import type { Patient } from "./heartbeat.ts";
import type { Subscriber } from "./hub.ts";

/** What a session may do with its connection. */
export interface Connection extends Subscriber {
  close(closeCode: CloseCode): void;
  /** A bug: it is logged, this connection is closed, and no other is touched. */
  fail(error: unknown): void;
  /** Not while it is closing, whichever side began. */
  readonly isOpen: boolean;
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
  readonly onMessage: (connection: SocketConnection, data: Buffer, isBinary: boolean) => void;
  readonly onRefused: (connection: SocketConnection, channel: string) => void;
  readonly onClose: (connection: SocketConnection, cause: CloseCause) => void;
  readonly onBug: (error: unknown) => void;
}

export interface ConnectionOptions {
  /** Of all connections of this gateway since its start; never used again. */
  readonly number: number;
  /** The one that the HTTP server handed over. */
  readonly socket: Socket;
  readonly backlog: Backlog;
  readonly maxBufferedBytes: number;
  /** For how many beats a reader of a stream may take nothing of what waits for it. */
  readonly maxStalledBeats: number;
  readonly handlers: ConnectionHandlers;
}

/** Closes because the gateway is stopping; the number is what helps the client. */
export function goodbye(reconnectMs: number): CloseCode {
  return {
    ...CLOSE_CODES.goingAway,
    reason: `the gateway is stopping; come back in ${reconnectMs} ms`,
  };
}

/** A base class and no part of its own: the fan-out touches thousands of connections, and every object on the way costs. */
export abstract class SocketConnection implements Connection, Patient, Debtor {
  gathered: Buffer | undefined;
  readonly number: number;
  /** Since when it is open, in milliseconds since 1970. */
  readonly sinceMs = Date.now();
  protected readonly socket: Socket;
  /** Not while it is closing, whichever side began. */
  protected isWritable = true;
  readonly #options: ConnectionOptions;
  /** What waits until it is not busy; absent while nothing does. */
  #idleActions: (() => void)[] | undefined;
  #stalledBeats = 0;
  #cause: "silent" | "backlog" | undefined;

  constructor(options: ConnectionOptions) {
    this.number = options.number;
    this.#options = options;
    this.socket = options.socket;
  }

  abstract close(closeCode: CloseCode): void;
  abstract beat(): void;
  abstract pause(): void;
  abstract resume(): void;
  /** Ends it at once, without a goodbye. */
  abstract terminate(): void;

  get isOpen(): boolean {
    return this.isWritable;
  }

  get bufferedBytes(): number {
    return this.socket.writableLength;
  }

  get isBusy(): boolean {
    // One that is closing takes nothing any more.
    return !this.isWritable || this.socket.writableNeedDrain;
  }

  whenIdle(action: () => void): void {
    if (this.#idleActions) this.#idleActions.push(action);
    else this.#await([action]);
  }

  write(frames: Buffer): void {
    if (!this.isWritable) return;
    const { socket } = this;
    // To one who has taken nearly all so far, a turn's frames go out however many they are.
    const isTooMuch = socket.writableLength + frames.length > this.#options.maxBufferedBytes;
    if (isTooMuch && socket.writableNeedDrain) {
      this.close(CLOSE_CODES.slowReader);
      return;
    }
    socket.write(frames);
    if (socket.writableLength > 0) this.#options.backlog.add(this, frames.length);
  }

  refuse(channel: string): void {
    this.#options.handlers.onRefused(this, channel);
  }

  fail(error: unknown): void {
    this.#options.handlers.onBug(error);
    this.close(CLOSE_CODES.internalError);
  }

  cut(): void {
    this.terminateFor("backlog");
  }

  /**
   * It has shown no sign of life for an interval. One that a stream waits for is given more time: with a full kernel
   * behind it, a slow reader can take for minutes before a single byte more leaves here.
   */
  protected stall(): void {
    this.#stalledBeats += 1;
    const mayStall = this.#idleActions !== undefined && this.#stalledBeats <= this.#options.maxStalledBeats;
    if (!mayStall) this.terminateFor("silent");
  }

  protected terminateFor(cause: "silent" | "backlog"): void {
    this.#cause = cause;
    this.terminate();
  }

  protected receive(data: Buffer, isBinary: boolean): void {
    try {
      this.#options.handlers.onMessage(this, data, isBinary);
    } catch (error) {
      this.fail(error);
    }
  }

  /** It is gone. The cause counts unless this side cut it off for another. */
  protected end(cause: CloseCause): void {
    this.isWritable = false;
    this.#options.backlog.remove(this);
    this.#options.handlers.onClose(this, this.#cause ?? cause);
  }

  #await(actions: (() => void)[]): void {
    this.#idleActions = actions;
    if (this.isBusy) this.socket.once("drain", () => this.#runIdleActions());
    else setImmediate(() => this.#runIdleActions());
  }

  #runIdleActions(): void {
    const actions = this.#idleActions ?? [];
    this.#idleActions = undefined;
    this.#stalledBeats = 0;
    while (actions.length > 0 && !this.isBusy) actions.shift()?.();
    if (actions.length === 0) return;
    // Whoever had its turn waits behind those that had not.
    const next = [...actions, ...(this.#idleActions ?? [])];
    if (this.#idleActions) this.#idleActions = next;
    else this.#await(next);
  }
}
