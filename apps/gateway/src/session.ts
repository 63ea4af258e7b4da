/**
 * The plain session: each text a client sends is published on its one channel; nothing else is said.
 *
 * Invariant: texts are published in the order in which they came, and after one is known to have failed none is.
 */
import type { Broker } from "@tidewire/broker";
import { CLOSE_CODES, type CloseCode } from "@tidewire/protocol";
import { brokerCloseCode } from "./broker-refusal.ts";
import type { Connection } from "./connection.ts";

export interface PlainSessionOptions {
  readonly channel: string;
  /** Goes before every text that a client sends. */
  readonly textPrefix: Buffer;
  /** How many publications may wait for the broker. Further texts wait here, and no more is read meanwhile. */
  readonly maxPendingPublishes: number;
}

export class PlainSession {
  readonly #connection: Connection;
  readonly #broker: Broker;
  readonly #options: PlainSessionOptions;
  /** Texts that were read and wait for their turn. */
  #waiting: Buffer[] = [];
  #pending = 0;
  #isClosed = false;

  constructor(connection: Connection, broker: Broker, options: PlainSessionOptions) {
    this.#connection = connection;
    this.#broker = broker;
    this.#options = options;
  }

  async onMessage(data: Buffer, isBinary: boolean): Promise<void> {
    if (this.#isClosed) return;
    if (isBinary) return this.#close(CLOSE_CODES.unsupportedData);
    if (this.#pending < this.#options.maxPendingPublishes) return this.#publish(data);
    // One read can bring thousands of texts, and pausing does not take them back.
    if (this.#waiting.length === 0) this.#connection.pause();
    this.#waiting.push(data);
  }

  /** Publishes one text, and then, one after the other, those that wait. */
  async #publish(first: Buffer): Promise<void> {
    this.#pending += 1;
    try {
      for (let text: Buffer | undefined = first; text; text = this.#next()) {
        const result = await this.#broker.publish(this.#options.channel, { payload: this.#prefixed(text) });
        // The client has no other way to learn that its message is lost.
        if (!result.ok) this.#close(brokerCloseCode(result.error));
      }
    } finally {
      this.#pending -= 1;
    }
  }

  #next(): Buffer | undefined {
    const text = this.#waiting.shift();
    if (text && this.#waiting.length === 0) this.#connection.resume();
    return text;
  }

  #prefixed(text: Buffer): Buffer {
    const { textPrefix } = this.#options;
    return textPrefix.length === 0 ? text : Buffer.concat([textPrefix, text]);
  }

  #close(closeCode: CloseCode): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#waiting = [];
    this.#connection.close(closeCode);
  }
}
