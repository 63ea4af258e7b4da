/** Publishes over `tidewire.v1`, several at a time, without keys: what is not answered may have happened. */
import { connectV1, type V1Client, type V1Message } from "@tidewire/testkit";
import { type Door, signInHeaders, webSocketUrl } from "../door.ts";
import type { Outcome } from "../publication.ts";
import { acknowledgedAt, inTime, type Publisher, REFUSED, UNKNOWN } from "./publisher.ts";

/** Of a WebSocket, as the standard numbers its states. */
const OPEN = 1;

export class V1Publisher implements Publisher {
  readonly mayRepeat = false;
  readonly #door: Door;
  readonly #channel: string;
  #client: Promise<V1Client | undefined> | undefined;

  constructor(door: Door, channel: string) {
    this.#door = door;
    this.#channel = channel;
  }

  async publish(text: string): Promise<Outcome> {
    this.#client ??= this.#connect();
    const opening = this.#client;
    const client = await inTime(opening, undefined);
    if (client?.socket.readyState !== OPEN) {
      this.#forget(opening);
      return REFUSED;
    }
    const reply = client.request("publish", { channel: this.#channel, data: text });
    const answered = reply.then(outcomeOf, () => UNKNOWN);
    const outcome = await inTime(answered, UNKNOWN);
    if (outcome.fate === "unknown") this.#forget(opening);
    return outcome;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const opening = this.#client;
    if (opening) this.#forget(opening);
  }

  async #connect(): Promise<V1Client | undefined> {
    try {
      const client = await connectV1(webSocketUrl(this.#door), { headers: await signInHeaders(this.#door) });
      await client.request("connect");
      return client;
    } catch {
      return undefined;
    }
  }

  /** The next one connects anew. */
  #forget(opening: Promise<V1Client | undefined>): void {
    if (this.#client === opening) this.#client = undefined;
    void opening.then((client) => client?.socket.terminate());
  }
}

function outcomeOf({ type, code, position }: V1Message): Outcome {
  if (type === "published") return acknowledgedAt(position as string | undefined);
  return code === "unconfirmed" || code === "internal" ? UNKNOWN : REFUSED;
}
