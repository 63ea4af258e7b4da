/** One channel, as an application uses it. */
import type { Json } from "@tidewire/protocol";
import type { Feeds } from "./feeds.ts";
import { type HistoryPage, type Message, toMessage } from "./message.ts";
import { MessageReader, type MessagesOptions } from "./message-reader.ts";
import type { Limits } from "./options.ts";
import type { Outbox } from "./outbox.ts";
import type { SubscribeOptions, Subscription, SubscriptionHandlers } from "./subscription.ts";
import { TidewireError } from "./tidewire-error.ts";
import { byteLength } from "./wire.ts";

export interface PublishOptions {
  /**
   * Idempotency key, 1 to 128 visible ASCII characters: within the gateway's window, publications of one user with the
   * same key on one channel are one. Give your own to repeat a publication after a reload.
   *
   * @default a random one, so that what this client repeats happens once
   */
  readonly key?: string;
  /**
   * Without a connection: `queue` waits for one, `fail` rejects with `offline` at once, and with `connection_lost` when
   * the connection ends before the answer.
   *
   * @default "queue"
   */
  readonly ifOffline?: "queue" | "fail";
}

export interface Published {
  /** On a stream channel: that of the message. Absent for a duplicate of which it is not known any more. */
  readonly position?: string;
  /** The key was known: it had gone out before, perhaps by this very call, and nothing was published now. */
  readonly duplicate: boolean;
}

export interface HistoryOptions {
  /** What was kept behind this position, the nearest messages. Not together with `before`. @default the newest ones */
  readonly since?: string;
  /** The newest messages before this position. */
  readonly before?: string;
  /** Most messages, 1 to 1,000. @default 100 */
  readonly limit?: number;
}

export interface ChannelParts {
  readonly feeds: Feeds;
  readonly outbox: Outbox;
  readonly limits: Limits;
  readonly newKey: () => string;
}

/** Made by `client.channel(name)`. It holds nothing: make as many as you like. */
export class Channel {
  readonly name: string;
  readonly #parts: ChannelParts;

  /** @internal */
  constructor(name: string, parts: ChannelParts) {
    this.name = name;
    this.#parts = parts;
  }

  /**
   * Calls the listener for each message from now on, over all connections, until `end()`. All subscribers of a channel
   * share one subscription at the gateway. On a stream channel nothing is missed while the connection is away; where
   * something is, `onGap` is called.
   *
   * @throws TidewireError `already_subscribed` when somebody else has subscribed and `since`, `last` or another `echo` is
   *   asked for
   */
  subscribe(
    listener: ((message: Message) => void) | SubscriptionHandlers,
    options: SubscribeOptions = {},
  ): Subscription {
    const handlers = typeof listener === "function" ? { onMessage: listener } : listener;
    return this.#parts.feeds.subscribe(this.name, handlers, options);
  }

  /**
   * The messages from now on, for a `for await` loop: `break` ends the subscription. At most `limit` messages wait for
   * the loop.
   *
   * @throws TidewireError as {@link subscribe}
   */
  messages(options: MessagesOptions = {}): AsyncIterableIterator<Message, undefined> {
    return new MessageReader(options, (handlers) => this.subscribe(handlers, options));
  }

  /**
   * Resolves once the broker took it. Publications reach the channel in the order of these calls, but for those that the
   * gateway could not take at first, which are repeated for `repeatWithinMs`.
   *
   * @returns rejects with a TidewireError, and never throws. After `no_answer`, `unconfirmed` and `connection_lost` it
   *   went out, or it did not
   */
  publish(data: Json, options: PublishOptions = {}): Promise<Published> {
    const { outbox, limits, newKey } = this.#parts;
    const { key = newKey(), ifOffline = "queue" } = options;
    // As it is now: the application may go on changing it.
    const json = toJson(data);
    if (typeof json !== "string") return Promise.reject(json);
    const [channel, quotedKey] = [JSON.stringify(this.name), JSON.stringify(key)];
    return outbox
      .add({
        expected: "published",
        write: (id) => `{"type":"publish","id":${id},"channel":${channel},"key":${quotedKey},"data":${json}}`,
        bytes: byteLength(json),
        isPatient: ifOffline === "queue",
        timeoutMs: limits.repeatWithinMs,
        timeoutFrom: "first sending",
      })
      .then(({ position, duplicate }) => ({ duplicate, ...(position !== undefined && { position }) }));
  }

  /**
   * Part of what is kept of a stream channel. To go on forward, ask `since` the position of the last message; backward,
   * `before` that of the first.
   *
   * @returns rejects with a TidewireError: `no_answer` when there was no connection for `answerTimeoutMs`
   */
  history(options: HistoryOptions = {}): Promise<HistoryPage> {
    const { outbox, limits } = this.#parts;
    const { name: channel } = this;
    const { since, before, limit } = options;
    return outbox
      .add({
        expected: "page",
        write: (id) => JSON.stringify({ type: "history", id, channel, since, before, limit }),
        bytes: 0,
        isPatient: true,
        timeoutMs: limits.answerTimeoutMs,
        timeoutFrom: "now",
      })
      .then(({ messages, complete, more, position }) => ({
        messages: messages
          .map((message) => toMessage(channel, message))
          .filter((message) => message !== undefined),
        complete,
        more,
        position,
      }));
  }
}

/** An error for what JSON can't say: `undefined`, a function, an object that holds itself. */
function toJson(data: unknown): string | TidewireError {
  try {
    const json: string | undefined = JSON.stringify(data);
    return json ?? new TidewireError("bad_request", "JSON can't say this.");
  } catch (cause) {
    return new TidewireError("bad_request", "JSON can't say this.", { cause });
  }
}
