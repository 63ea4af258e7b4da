/** Reads with the client library, which comes back by itself. */
import { connect, type Tidewire } from "@tidewire/sdk";
import { SOON } from "../publishers/sdk.ts";
import type { Reader, ReaderOptions } from "./reader.ts";

export class SdkReader implements Reader {
  readonly #options: ReaderOptions;
  readonly #client: Tidewire;

  constructor(options: ReaderOptions) {
    this.#options = options;
    const { door, record, isStream } = options;
    this.#client = connect(door.url, { ...SOON, ...(door.getToken && { getToken: door.getToken }) });
    const subscription = this.#client.channel(record.channel).subscribe({
      onMessage: ({ data, position }) => record.hear(typeof data === "string" ? data : "", position),
      onGap: ({ reason }) => record.notice(reason === "return" && !isStream ? "return" : "gap", reason),
      onRemoved: ({ code }) => record.notice("gap", `removed: ${code}`),
    });
    // It does not tell where it begins.
    subscription.ready.then(
      () => record.begin(),
      () => {},
    );
  }

  get record() {
    return this.#options.record;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#client.close();
  }
}
