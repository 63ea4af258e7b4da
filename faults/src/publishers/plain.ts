/** Publishes as a plain client does, whose only acknowledgement is its own message coming back. */
import { connectPlain, type PlainClient } from "@tidewire/testkit";
import { type Door, signInHeaders, webSocketUrl } from "../door.ts";
import { markIn, type Outcome } from "../publication.ts";
import { inTime, type Publisher, REFUSED, UNKNOWN } from "./publisher.ts";

export class PlainPublisher implements Publisher {
  readonly mayRepeat = false;
  readonly #door: Door;
  readonly #channel: string;
  #client: PlainClient | undefined;

  constructor(door: Door, channel: string) {
    this.#door = door;
    this.#channel = channel;
  }

  async publish(text: string): Promise<Outcome> {
    this.#client ??= await inTime(this.#connect(), undefined);
    const client = this.#client;
    if (!client) return REFUSED;
    client.send(text);
    const echo = client.inbox.find((each) => markIn(String(each)) === text);
    const outcome = await inTime<Outcome>(
      echo.then(
        () => ({ fate: "acknowledged" }),
        () => UNKNOWN,
      ),
      UNKNOWN,
    );
    if (outcome.fate === "unknown") this.#leave(client);
    return outcome;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#client) this.#leave(this.#client);
  }

  async #connect(): Promise<PlainClient | undefined> {
    const headers = await signInHeaders(this.#door);
    const url = `${webSocketUrl(this.#door)}?channel=${this.#channel}`;
    return connectPlain(url, [], { headers, handshakeTimeout: 2_500 }).catch(() => undefined);
  }

  #leave(client: PlainClient): void {
    if (this.#client === client) this.#client = undefined;
    client.socket.terminate();
  }
}
