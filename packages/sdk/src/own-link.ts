/** A connection of one's own, the channels on it, and what waits for it. */
import type { FeedOptions } from "./aside.ts";
import { Connection } from "./connection.ts";
import type { ConnectionState } from "./connection-state.ts";
import type { Environment } from "./environment.ts";
import { Feeds } from "./feeds.ts";
import type { HistoryOptions, Link, Published, PublishOptions } from "./link.ts";
import { createGuard, type Guard, Listeners } from "./listeners.ts";
import { type KeptPage, toMessage } from "./message.ts";
import { type ConnectOptions, DEFAULT_LIMITS, DEFAULT_QUEUE, type Limits, withDefaults } from "./options.ts";
import { type Answer, type Expected, Outbox } from "./outbox.ts";
import type { Subscription, SubscriptionHandlers } from "./subscription.ts";
import type { TidewireError } from "./tidewire-error.ts";
import { byteLength, type Wire } from "./wire.ts";

export class OwnLink implements Link {
  readonly guard: Guard;
  readonly #connection: Connection;
  readonly #listeners: Listeners<ConnectionState>;
  readonly #feeds: Feeds;
  readonly #outbox: Outbox;
  readonly #limits: Limits;
  readonly #environment: Environment;

  constructor(url: string, options: ConnectOptions, environment: Environment) {
    const limits = withDefaults(DEFAULT_LIMITS, options);
    const queue = withDefaults(DEFAULT_QUEUE, options.queue ?? {});
    const guard = createGuard(options.onError);
    const onNoAnswer = () => this.#connection.drop("The gateway did not answer.");
    this.guard = guard;
    this.#limits = limits;
    this.#environment = environment;
    this.#listeners = new Listeners(guard);
    this.#feeds = new Feeds({ environment, limits, guard, onNoAnswer });
    this.#outbox = new Outbox({ environment, limits, queue });
    this.#connection = new Connection({ url, options, limits, environment, handlers: this.#handlers() });
    this.#connection.begin();
  }

  get state(): ConnectionState {
    return this.#connection.state;
  }

  onState(listener: (state: ConnectionState) => void): () => void {
    return this.#listeners.add(listener);
  }

  subscribe(channel: string, handlers: SubscriptionHandlers, options: FeedOptions): Subscription {
    return this.#feeds.subscribe(channel, handlers, options);
  }

  publish(channel: string, json: string, options: PublishOptions): Promise<Published> {
    const { key = this.#environment.newKey(), ifOffline = "queue" } = options;
    const name = JSON.stringify(channel);
    return this.#outbox
      .add({
        expected: "published",
        write: (id) =>
          `{"type":"publish","id":${id},"channel":${name},"key":${JSON.stringify(key)},"data":${json}}`,
        bytes: byteLength(json),
        isPatient: ifOffline === "queue",
        timeoutMs: this.#limits.repeatWithinMs,
        timeoutFrom: "first sending",
      })
      .then(({ position, duplicate }) => ({ duplicate, ...(position !== undefined && { position }) }));
  }

  history(channel: string, { since, before, limit }: HistoryOptions): Promise<KeptPage> {
    const write = (id: number) => JSON.stringify({ type: "history", id, channel, since, before, limit });
    return this.request("page", write, true).then(({ messages, complete, more, position }) => ({
      messages: messages
        .map((message) => toMessage(channel, message))
        .filter((message) => message !== undefined),
      complete,
      more,
      position,
    }));
  }

  request<Type extends Expected>(
    expected: Type,
    write: (id: number) => string,
    isPatient: boolean,
  ): Promise<Answer<Type>> {
    const timeoutMs = this.#limits.answerTimeoutMs;
    return this.#outbox.add({ expected, write, bytes: 0, isPatient, timeoutMs, timeoutFrom: "now" });
  }

  retryNow(): void {
    this.#connection.retryNow();
  }

  close(): void {
    this.#connection.close();
  }

  #handlers() {
    const [feeds, outbox] = [this.#feeds, this.#outbox];
    return {
      onState: (state: ConnectionState) => {
        this.#listeners.call(state);
        if (state.kind === "closed") this.#listeners.clear();
      },
      onPush: feeds.take.bind(feeds),
      onSession: (wire: Wire) => {
        // Subscriptions first: who publishes and listens hears itself.
        feeds.begin(wire);
        outbox.begin(wire);
      },
      onPause: () => {
        feeds.pause();
        outbox.pause();
      },
      onEnd: (reason: TidewireError) => {
        feeds.end(reason);
        outbox.end(reason);
      },
    };
  }
}
