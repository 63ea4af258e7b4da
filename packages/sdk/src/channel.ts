/** One channel, as an application uses it. */
import type { Json } from "@tidewire/protocol";
import { type Form, fit, sortPage } from "./fitting.ts";
import type { HistoryOptions, Link, Published, PublishOptions } from "./link.ts";
import type { HistoryPage, Invalid, Message } from "./message.ts";
import { MessageReader, type MessagesOptions } from "./message-reader.ts";
import type { SubscribeOptions, Subscription, SubscriptionHandlers } from "./subscription.ts";

/** Made by `client.channel(…)`. It holds nothing: make as many as you like. */
export class Channel<Input = Json, Received extends { readonly channel: string } = Message> {
  readonly name: string;
  /** @internal */
  readonly link: Link;
  readonly #form: Form<Received>;

  /** @internal */
  constructor(link: Link, name: string, form: Form<Received>) {
    this.link = link;
    this.name = name;
    this.#form = form;
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
    listener: ((message: Received) => void) | SubscriptionHandlers<Received>,
    options: SubscribeOptions = {},
  ): Subscription {
    const handlers = typeof listener === "function" ? { onMessage: listener } : listener;
    const { onMessage, onInvalid = warnOfInvalid } = handlers;
    const take = (message: Message) => {
      const fitting = this.#form.read(message);
      if (fitting.invalid) onInvalid(fitting.invalid);
      else onMessage?.(fitting.message);
    };
    return this.link.subscribe(this.name, { ...handlers, onMessage: take }, options);
  }

  /**
   * The messages from now on, for a `for await` loop: `break` ends the subscription. At most `limit` messages wait for
   * the loop.
   *
   * @throws TidewireError as {@link subscribe}
   */
  messages(options: MessagesOptions = {}): AsyncIterableIterator<Received, undefined> {
    return new MessageReader<Received>(options, (handlers) => this.subscribe(handlers, options));
  }

  /**
   * Resolves once the broker took it. Publications reach the channel in the order of these calls, but for those that the
   * gateway could not take at first, which are repeated for `repeatWithinMs`.
   *
   * @returns rejects with a TidewireError, and never throws. After `no_answer`, `unconfirmed` and `connection_lost` it
   *   went out, or it did not; with one of these it rejects, too, where only an earlier try may have gone out
   */
  publish(data: Input, options: PublishOptions = {}): Promise<Published> {
    const json = fit(data, this.#form, this.name);
    if (typeof json !== "string") return Promise.reject(json);
    return this.link.publish(this.name, json, options);
  }

  /**
   * Part of what is kept of a stream channel. To go on forward, ask `since` the position of the last message; backward,
   * `before` that of the first.
   *
   * @returns rejects with a TidewireError: `no_answer` when there was no connection for `answerTimeoutMs`
   */
  async history(options: HistoryOptions = {}): Promise<HistoryPage<Received>> {
    return sortPage(await this.link.history(this.name, options), this.#form);
  }
}

/** What is done where nobody asked to be told. Nothing of what was in it: it may be anybody's secret. */
export function warnOfInvalid({ channel }: Invalid): void {
  // oxlint-disable-next-line no-console -- a fault in the application's data, for whoever develops it
  console.warn(`A message on ${channel} does not fit its schema.`);
}
