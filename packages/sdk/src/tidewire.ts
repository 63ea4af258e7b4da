/** A client: one connection, the channels on it, and what waits for it. */
import { Channel } from "./channel.ts";
import { Connection } from "./connection.ts";
import type { ConnectionFacts, ConnectionState } from "./connection-state.ts";
import type { Environment } from "./environment.ts";
import { Feeds } from "./feeds.ts";
import { createGuard, Listeners } from "./listeners.ts";
import { type ConnectOptions, DEFAULT_LIMITS, DEFAULT_QUEUE, type Limits, withDefaults } from "./options.ts";
import { Outbox } from "./outbox.ts";

export class Tidewire {
  readonly #connection: Connection;
  readonly #listeners: Listeners<ConnectionState>;
  readonly #feeds: Feeds;
  readonly #outbox: Outbox;
  readonly #limits: Limits;
  readonly #newKey: () => string;

  /** @internal */
  constructor(url: string, options: ConnectOptions, environment: Environment) {
    const limits = withDefaults(DEFAULT_LIMITS, options);
    const queue = withDefaults(DEFAULT_QUEUE, options.queue ?? {});
    const guard = createGuard(options.onError);
    const onNoAnswer = () => this.#connection.drop("The gateway did not answer.");
    this.#limits = limits;
    this.#newKey = () => environment.newKey();
    this.#listeners = new Listeners(guard);
    this.#feeds = new Feeds({ environment, limits, guard, onNoAnswer });
    this.#outbox = new Outbox({ environment, limits, queue });
    this.#connection = new Connection({ url, options, limits, environment, handlers: this.#handlers() });
    this.#connection.begin();
  }

  get state(): ConnectionState {
    return this.#connection.state;
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
    return this.#listeners.add(listener);
  }

  /** A name that is none is refused by the gateway: subscriptions with `onRemoved`, all else with a rejection. */
  channel(name: string): Channel {
    const [feeds, outbox, limits, newKey] = [this.#feeds, this.#outbox, this.#limits, this.#newKey];
    return new Channel(name, { feeds, outbox, limits, newKey });
  }

  /**
   * Ends a wait for the next try, as where a person presses a button. In any other state than `waiting` it does nothing:
   * a client that has `stopped` stays so, and another takes its place.
   */
  retryNow(): void {
    this.#connection.retryNow();
  }

  /**
   * Ends the connection for good, with every subscription. What was not acknowledged yet rejects with `closed`, also
   * where it did go out. No timer and no listener is left. May be called again.
   */
  close(): void {
    this.#connection.close();
  }

  /** So that `using client = connect(…)` closes it. */
  [Symbol.dispose](): void {
    this.close();
  }

  #handlers() {
    const [feeds, outbox] = [this.#feeds, this.#outbox];
    return {
      onState: (state: ConnectionState) => {
        this.#listeners.call(state);
        if (state.kind === "closed") this.#listeners.clear();
      },
      onPush: feeds.take.bind(feeds),
      onSession: (wire: Parameters<Feeds["begin"]>[0]) => {
        // Subscriptions first: who publishes and listens hears itself.
        feeds.begin(wire);
        outbox.begin(wire);
      },
      onPause: () => {
        feeds.pause();
        outbox.pause();
      },
      onEnd: (reason: Parameters<Feeds["end"]>[0]) => {
        feeds.end(reason);
        outbox.end(reason);
      },
    };
  }
}
