/** All open connections of this process, WebSockets and streams of events: how each gets its session, and how all are brought to leave. */
import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { Backlog } from "./backlog.ts";
import type { CloseCause, ConnectionHandlers, SocketConnection } from "./connection.ts";
import type { Admitted, Taken } from "./entrance.ts";
import { EventConnection } from "./event-connection.ts";
import { Heartbeat } from "./heartbeat.ts";
import type { Limits } from "./limits.ts";
import type { Log } from "./log.ts";
import type { Session } from "./session.ts";
import type { Sessions } from "./sessions.ts";
import { type GatewayWebSocket, WebSocketConnection } from "./web-socket-connection.ts";

/** How often some clients are asked to leave while the gateway drains, in milliseconds. */
const DRAIN_STEP_MS = 20;
/** The part of the drain time in which clients are asked to leave; the rest is for their answers. */
const DRAIN_SPREAD = 0.8;
/** Longest time that a leaving client is asked to stay away, in milliseconds. */
const MAX_RETURN_MS = 2_000;

export interface ConnectionsOptions {
  readonly sessions: Sessions;
  readonly limits: Limits;
  readonly log: Log;
  /** A number from 0 up to 1. */
  readonly random: () => number;
  /** It is gone; what its way in has taken for it can be given back. */
  readonly onClosed: (seat: Taken, cause: CloseCause) => void;
}

/** A connection that has just been opened, by a WebSocket or by an answer that goes on. */
export type Opened = Admitted & { readonly socket: Socket } & (
    | { readonly webSocket: GatewayWebSocket }
    | { readonly response: ServerResponse }
  );

/** An open connection's session, and what its way in has taken for it. */
interface Seat extends Taken {
  readonly session: Session;
}

export class Connections {
  readonly #options: ConnectionsOptions;
  readonly #open = new Map<SocketConnection, Seat>();
  /** For all of them, so that a connection costs less. */
  readonly #handlers: ConnectionHandlers;
  readonly #heartbeat: Heartbeat;
  readonly #backlog: Backlog;
  #opened = 0;
  #clientMessages = 0;
  #onEmpty: (() => void) | undefined;

  constructor(options: ConnectionsOptions) {
    this.#options = options;
    const { limits, log } = options;
    this.#handlers = {
      onMessage: (connection, data, isBinary) => {
        this.#clientMessages += 1;
        this.#open.get(connection)?.session.onMessage(data, isBinary);
      },
      onRefused: (connection, channel) => this.#open.get(connection)?.session.onRefused(channel),
      onBug: (error) => log.error({ err: error }, "a session failed; its connection was closed"),
      onClose: (connection, cause) => this.#leave(connection, cause),
    };
    this.#heartbeat = new Heartbeat(limits.heartbeatIntervalMs);
    this.#backlog = new Backlog(limits.maxBufferedBytes);
  }

  get counts() {
    return {
      connections: this.#open.size,
      /** Messages of clients, since the start. */
      clientMessages: this.#clientMessages,
      bufferedBytes: this.#backlog.bytes,
    };
  }

  /** All that are open, in the order of their numbers. */
  *list(): Generator<readonly [connection: SocketConnection, session: Session]> {
    for (const [connection, { session }] of this.#open) yield [connection, session];
  }

  accept(opened: Opened): void {
    this.#opened += 1;
    const connection = this.#connect(opened);
    const { wanted, address, room } = opened;
    const session = this.#options.sessions.open(connection, opened, connection.number);
    this.#open.set(connection, { wanted, address, room, session });
    this.#heartbeat.add(connection);
  }

  #connect(opened: Opened): SocketConnection {
    const { limits } = this.#options;
    const options = {
      number: this.#opened,
      socket: opened.socket,
      backlog: this.#backlog,
      maxBufferedBytes: limits.maxBufferedBytesPerConnection,
      maxStalledBeats: Math.ceil(limits.stallTimeoutMs / limits.heartbeatIntervalMs),
      handlers: this.#handlers,
    };
    return "webSocket" in opened
      ? new WebSocketConnection({ ...options, webSocket: opened.webSocket })
      : new EventConnection({ ...options, response: opened.response, closeTimeoutMs: limits.closeTimeoutMs });
  }

  /** Asks all clients to leave, evenly over the time; cuts off those that are still there at its end. */
  async drain(timeoutMs: number): Promise<void> {
    if (this.#open.size === 0) return this.#heartbeat.stop();
    const empty = new Promise<void>((resolve) => {
      this.#onEmpty = resolve;
    });
    const stopAsking = this.#askToLeave(timeoutMs * DRAIN_SPREAD);
    const deadline = setTimeout(() => {
      for (const connection of this.#open.keys()) connection.terminate();
    }, timeoutMs);
    await empty;
    stopAsking();
    clearTimeout(deadline);
    this.#heartbeat.stop();
  }

  #askToLeave(spreadMs: number): () => void {
    const { random } = this.#options;
    const leaving = Array.from(this.#open.values(), ({ session }) => session);
    const startMs = performance.now();
    let asked = 0;
    const ask = () => {
      const elapsed = spreadMs === 0 ? 1 : (performance.now() - startMs) / spreadMs;
      const due = Math.min(leaving.length, Math.floor(elapsed * leaving.length) + 1);
      // They leave spread out, and are told to come back spread out a little more.
      for (; asked < due; asked += 1) leaving[asked]?.leave(Math.round(random() * MAX_RETURN_MS));
      if (asked === leaving.length) clearInterval(timer);
    };
    const timer = setInterval(ask, DRAIN_STEP_MS);
    ask();
    return () => clearInterval(timer);
  }

  #leave(connection: SocketConnection, cause: CloseCause): void {
    const seat = this.#open.get(connection);
    if (!seat) return;
    seat.session.onClose();
    this.#heartbeat.remove(connection);
    this.#open.delete(connection);
    this.#options.onClosed(seat, cause);
    if (this.#open.size === 0) this.#onEmpty?.();
  }
}
