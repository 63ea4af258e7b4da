/** Publishes with the client library, which repeats under a key until it is answered. */
import { connect, type Tidewire } from "@tidewire/sdk";
import type { Door } from "../door.ts";
import type { Outcome } from "../publication.ts";
import { acknowledgedAt, type Publisher, UNKNOWN } from "./publisher.ts";

/** So that a round does not wait for long. */
export const SOON = { minBackoffMs: 50, maxBackoffMs: 500, connectTimeoutMs: 2_000 };

export class SdkPublisher implements Publisher {
  readonly mayRepeat = true;
  readonly #client: Tidewire;
  readonly #channel: string;

  constructor(door: Door, channel: string) {
    this.#client = connect(door.url, { ...SOON, ...(door.getToken && { getToken: door.getToken }) });
    this.#channel = channel;
  }

  async publish(text: string): Promise<Outcome> {
    try {
      const { position } = await this.#client.channel(this.#channel).publish(text);
      return acknowledgedAt(position);
    } catch {
      return UNKNOWN;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#client.close();
  }
}
