/** Reads over `tidewire.v1` and, on a stream channel, comes back behind what it had. */
import { connectV1, type V1Client, type V1Message } from "@tidewire/testkit";
import { signInHeaders, webSocketUrl } from "../door.ts";
import type { Reader, ReaderOptions } from "./reader.ts";
import { ReturningSocket } from "./returning-socket.ts";

export class V1Reader implements Reader {
  readonly #options: ReaderOptions;
  readonly #connection: ReturningSocket;
  #hasBegun = false;
  #position: string | undefined;

  constructor(options: ReaderOptions) {
    this.#options = options;
    this.#connection = new ReturningSocket(() => this.#readOnce());
  }

  get record() {
    return this.#options.record;
  }

  pause(): void {
    this.#connection.pause();
  }

  resume(): void {
    this.#connection.resume();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#connection.end();
  }

  async #readOnce(): Promise<void> {
    const { door } = this.#options;
    const headers = await signInHeaders(door);
    await using client = await connectV1(webSocketUrl(door), { headers, handshakeTimeout: 5_000 });
    if (this.#connection.isEnding) return;
    this.#connection.hold(client.socket);
    await client.request("connect");
    await this.#subscribe(client);
    this.#connection.begin();
    for (;;) await this.#take(client, await client.pushes.next());
  }

  async #subscribe(client: V1Client): Promise<void> {
    const { channel } = this.record;
    const since = this.#position;
    const reply = await client.request("subscribe", { channel, ...(since !== undefined && { since }) });
    if (reply.type !== "subscribed") throw new Error(String(reply["code"]));
    const position = reply["position"] as string | undefined;
    if (!this.#hasBegun) this.record.begin(position);
    else if (!this.#options.isStream) this.record.notice("return", "came back");
    else if (reply["complete"] === true) this.record.complete();
    else this.record.notice("gap", "not complete");
    this.#hasBegun = true;
    if (reply["complete"] !== true) this.#position = position;
  }

  async #take(client: V1Client, push: V1Message): Promise<void> {
    const { record } = this;
    const position = push["position"] as string | undefined;
    // Who signs in is in a channel of its own, too, and is told of its gaps.
    if (push["channel"] !== undefined && push["channel"] !== record.channel) return;
    switch (push.type) {
      case "message":
        record.hear(String(push["data"]), position);
        this.#position = position;
        return;
      case "gap":
        record.notice("gap", "a gap");
        this.#position = position;
        return;
      case "expiring": {
        const { getToken } = this.#options.door;
        if (getToken) void client.request("refresh", { token: await getToken() }).catch(() => {});
        return;
      }
      case "removed":
        throw new Error(`removed: ${String(push["code"])}`);
      default:
        return;
    }
  }
}
