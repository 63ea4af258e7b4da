/** All open WebSockets of this process: how each is joined to its channel, and how all are brought to leave. */
import type { Duplex } from "node:stream";
import type { Broker } from "@tidewire/broker";
import { CLOSE_CODES } from "@tidewire/protocol";
import type { Config } from "./config.ts";
import { type CloseCause, type GatewayWebSocket, WebSocketConnection } from "./connection.ts";
import type { Hub } from "./hub.ts";
import type { Interest } from "./interest.ts";
import type { Log } from "./log.ts";
import { PlainSession, type PlainSessionOptions } from "./session.ts";

export interface ConnectionsOptions {
  readonly hub: Hub;
  readonly broker: Broker;
  readonly interest: Interest;
  readonly config: Config;
  readonly log: Log;
  readonly onClosed: (cause: CloseCause) => void;
}

export class Connections {
  readonly #options: ConnectionsOptions;
  readonly #textPrefix: Buffer;
  readonly #open = new Set<WebSocketConnection>();
  #onEmpty: (() => void) | undefined;

  constructor(options: ConnectionsOptions) {
    this.#options = options;
    this.#textPrefix = Buffer.from(options.config.textPrefix);
  }

  get size(): number {
    return this.#open.size;
  }

  /** Takes over an open WebSocket and the hold on its channel. */
  accept(webSocket: GatewayWebSocket, socket: Duplex, channel: string): void {
    const { hub, broker, interest, config, log, onClosed } = this.#options;
    const { maxBufferedBytesPerConnection, maxPendingPublishesPerConnection } = config.limits;
    const connection = new WebSocketConnection(webSocket, socket, maxBufferedBytesPerConnection);
    const options: PlainSessionOptions = {
      channel,
      textPrefix: this.#textPrefix,
      maxPendingPublishes: maxPendingPublishesPerConnection,
    };
    const session = new PlainSession(connection, broker, options);
    connection.listen({
      onMessage: (data, isBinary) => session.onMessage(data, isBinary),
      onBug: (error) => log.error({ err: error }, "a session failed; its connection was closed"),
      onClose: (cause) => {
        hub.remove(channel, connection);
        interest.release(channel);
        this.#leave(connection);
        onClosed(cause);
      },
    });
    this.#open.add(connection);
    hub.add(channel, connection);
  }

  /** Asks every client to leave; cuts off those that are still there after the time. */
  async drain(timeoutMs: number): Promise<void> {
    if (this.#open.size === 0) return;
    const empty = new Promise<void>((resolve) => (this.#onEmpty = resolve));
    for (const connection of this.#open) connection.close(CLOSE_CODES.goingAway);
    const timer = setTimeout(() => {
      for (const connection of this.#open) connection.terminate();
    }, timeoutMs);
    await empty;
    clearTimeout(timer);
  }

  #leave(connection: WebSocketConnection): void {
    this.#open.delete(connection);
    if (this.#open.size === 0) this.#onEmpty?.();
  }
}
