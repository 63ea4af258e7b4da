/** A client, as an application uses it. */
import { Channel } from "./channel.ts";
import type { TypedChannel } from "./channel-definition.ts";
import type { ConnectionFacts, ConnectionState } from "./connection-state.ts";
import { ANY_FORM, schemaForm } from "./fitting.ts";
import type { Link } from "./link.ts";
import type { DataMessage } from "./message.ts";

export class Tidewire {
  readonly #link: Link;

  /** @internal */
  constructor(link: Link) {
    this.#link = link;
  }

  get state(): ConnectionState {
    return this.#link.state;
  }

  /** Who is connected with whom; `undefined` while nobody is. */
  get connection(): ConnectionFacts | undefined {
    const { state } = this;
    return state.kind === "connected" ? state.connection : undefined;
  }

  /**
   * Calls the listener at each change, and not for the present state. What it throws goes to `onError`.
   *
   * @returns ends it
   */
  onState(listener: (state: ConnectionState) => void): () => void {
    return this.#link.onState(listener);
  }

  /**
   * @param channel a name, or a channel with its schema, as `defineChannel` gives it. A name that is none is refused by
   *   the gateway: subscriptions with `onRemoved`, all else with a rejection.
   */
  channel(channel: string): Channel;
  channel<Input, Output>(channel: TypedChannel<Input, Output>): Channel<Input, DataMessage<Output>>;
  channel(channel: string | TypedChannel): Channel | Channel<unknown, DataMessage<unknown>> {
    if (typeof channel === "string") return new Channel(this.#link, channel, ANY_FORM);
    return new Channel(this.#link, channel.name, schemaForm(channel.schema));
  }

  /**
   * Ends a wait for the next try, as where a person presses a button. In any other state than `waiting` it does nothing:
   * a client that has `stopped` stays so, and another takes its place.
   */
  retryNow(): void {
    this.#link.retryNow();
  }

  /**
   * Ends the connection for good, with every subscription. What was not acknowledged yet rejects with `closed`, also
   * where it did go out. No timer and no listener is left. May be called again.
   */
  close(): void {
    this.#link.close();
  }

  /** So that `using client = connect(…)` closes it. */
  [Symbol.dispose](): void {
    this.close();
  }
}
