/**
 * The plain session: each text a client sends is published on its one channel; nothing else is said.
 *
 * Invariant: texts are published in the order in which they came, and after one is known to have failed none is.
 */
import type { Broker } from "@tidewire/broker";
import { CLOSE_CODES, type CloseCode } from "@tidewire/protocol";
import { brokerCloseCode } from "./broker-refusal.ts";
import type { Connection } from "./connection.ts";
import { type Rate, TokenBucket } from "./token-bucket.ts";

export interface PlainSessionOptions {
  readonly channel: string;
  /** Goes before every text that a client sends. */
  readonly textPrefix: Buffer;
  /** How many publications may wait for the broker. Further texts wait here, and no more is read meanwhile. */
  readonly maxPendingPublishes: number;
  /** How fast the client may publish. Faster texts wait here, too. */
  readonly rate: Rate;
  /** Milliseconds of a clock that only goes forward. */
  readonly now: () => number;
}

export class PlainSession {
  readonly #connection: Connection;
  readonly #broker: Broker;
  readonly #options: PlainSessionOptions;
  readonly #bucket: TokenBucket;
  /** Texts that were read and wait for their turn; while there are any, the connection is paused. */
  #waiting: Buffer[] = [];
  #pending = 0;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;
  #isLeft = false;

  constructor(connection: Connection, broker: Broker, options: PlainSessionOptions) {
    this.#connection = connection;
    this.#broker = broker;
    this.#options = options;
    this.#bucket = new TokenBucket(options.rate, options.now);
  }

  onMessage(data: Buffer, isBinary: boolean): void {
    if (this.#isClosed) return;
    if (isBinary) return this.#close(CLOSE_CODES.unsupportedData);
    if (this.#waiting.length === 0 && this.#mayPublish()) return this.#publish(data);
    // One read can bring thousands of texts, and pausing does not take them back.
    if (this.#waiting.length === 0) this.#connection.pause();
    this.#waiting.push(data);
    this.#waitForToken();
  }

  /** The client has left. What it said before is still published, as fast as the broker takes it. */
  onClose(): void {
    this.#isLeft = true;
    clearTimeout(this.#timer);
    this.#drain();
  }

  #mayPublish(): boolean {
    return this.#pending < this.#options.maxPendingPublishes && (this.#isLeft || this.#bucket.take());
  }

  #publish(text: Buffer): void {
    const { channel, textPrefix } = this.#options;
    const payload = textPrefix.length === 0 ? text : Buffer.concat([textPrefix, text]);
    this.#pending += 1;
    void this.#settle(this.#broker.publish(channel, { payload }));
  }

  async #settle(publishing: ReturnType<Broker["publish"]>): Promise<void> {
    try {
      const result = await publishing;
      this.#pending -= 1;
      // The client has no other way to learn that its message is lost.
      if (!result.ok) this.#close(brokerCloseCode(result.error));
      this.#drain();
    } catch (error) {
      this.#end();
      this.#connection.fail(error);
    }
  }

  #drain(): void {
    if (this.#waiting.length === 0) return;
    while (this.#waiting.length > 0 && this.#mayPublish()) this.#publish(this.#waiting.shift() as Buffer);
    if (this.#waiting.length === 0) this.#connection.resume();
    else this.#waitForToken();
  }

  // With the broker's answers still to come, the next one drains; only a lack of tokens needs the clock.
  #waitForToken(): void {
    if (this.#timer || this.#pending >= this.#options.maxPendingPublishes) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#drain();
    }, this.#bucket.waitMs);
  }

  #close(closeCode: CloseCode): void {
    if (this.#isClosed) return;
    this.#end();
    this.#connection.close(closeCode);
  }

  /** Nothing more is published, and what the client still sends is only read, so that its answer to a close is. */
  #end(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    if (this.#waiting.length > 0) this.#connection.resume();
    this.#waiting = [];
  }
}
