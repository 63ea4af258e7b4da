/**
 * The plain session: each text a client sends is published on its one channel; nothing else is said.
 *
 * Invariant: texts are published in the order in which they came, and after one that failed none is.
 */
import type { Broker } from "@tidewire/broker";
import { CLOSE_CODES, type CloseCode } from "@tidewire/protocol";
import type { Connection } from "./connection.ts";

export interface PlainSessionOptions {
  readonly channel: string;
  /** Goes before every text that a client sends. */
  readonly textPrefix: Buffer;
  /** How many publications may wait for the broker before the client is slowed down. */
  readonly maxPendingPublishes: number;
}

export class PlainSession {
  readonly #connection: Connection;
  readonly #broker: Broker;
  readonly #options: PlainSessionOptions;
  #pending = 0;
  #isPaused = false;
  #isClosed = false;

  constructor(connection: Connection, broker: Broker, options: PlainSessionOptions) {
    this.#connection = connection;
    this.#broker = broker;
    this.#options = options;
  }

  async onMessage(data: Buffer, isBinary: boolean): Promise<void> {
    if (this.#isClosed) return;
    if (isBinary) this.#close(CLOSE_CODES.unsupportedData);
    else await this.#publish(data);
  }

  onClose(): void {
    this.#isClosed = true;
  }

  async #publish(text: Buffer): Promise<void> {
    const { channel, textPrefix } = this.#options;
    const payload = textPrefix.length === 0 ? text : Buffer.concat([textPrefix, text]);
    this.#pending += 1;
    this.#pace();
    const result = await this.#broker.publish(channel, { payload });
    this.#pending -= 1;
    // The client has no other way to learn that its message is lost.
    if (!result.ok) this.#close(CLOSE_CODES.publishFailed);
    this.#pace();
  }

  #pace(): void {
    const { maxPendingPublishes } = this.#options;
    if (!this.#isPaused && this.#pending >= maxPendingPublishes) {
      this.#isPaused = true;
      this.#connection.pause();
    } else if (this.#isPaused && this.#pending <= maxPendingPublishes / 2) {
      this.#isPaused = false;
      this.#connection.resume();
    }
  }

  #close(closeCode: CloseCode): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#connection.close(closeCode);
  }
}
