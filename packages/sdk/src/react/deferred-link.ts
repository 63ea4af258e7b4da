/**
 * A connection of which nothing exists before it is needed: what a component may make while it renders, and throw away.
 *
 * Invariant: rendering reads nothing of it but `state`; whatever else is called, from an effect or an event, opens it.
 */
import type { FeedOptions } from "../aside.ts";
import type { ConnectionState } from "../connection-state.ts";
import type { HistoryOptions, Link, Published, PublishOptions } from "../link.ts";
import type { Guard } from "../listeners.ts";
import type { KeptPage } from "../message.ts";
import type { Answer, Expected } from "../outbox.ts";
import type { Subscription, SubscriptionHandlers } from "../subscription.ts";

const CONNECTING: ConnectionState = { kind: "connecting" };

export class DeferredLink implements Link {
  readonly #open: () => Link;
  #link: Link | undefined;
  #isHeld = false;

  constructor(open: () => Link) {
    this.#open = open;
  }

  get state(): ConnectionState {
    return this.#link?.state ?? CONNECTING;
  }

  /** Its owner is there. */
  hold(): void {
    this.#isHeld = true;
    this.#opened();
  }

  /**
   * Its owner is gone. It is closed once this turn is over, unless the owner is back by then, as in StrictMode.
   *
   * @param onClosed called when it is: it does not open again
   */
  release(onClosed: () => void): void {
    this.#isHeld = false;
    queueMicrotask(() => {
      if (this.#isHeld) return;
      this.close();
      onClosed();
    });
  }

  onState(listener: (state: ConnectionState) => void): () => void {
    return this.#opened().onState(listener);
  }

  subscribe(channel: string, handlers: SubscriptionHandlers, options: FeedOptions): Subscription {
    return this.#opened().subscribe(channel, handlers, options);
  }

  publish(channel: string, json: string, options: PublishOptions): Promise<Published> {
    return this.#opened().publish(channel, json, options);
  }

  history(channel: string, options: HistoryOptions): Promise<KeptPage> {
    return this.#opened().history(channel, options);
  }

  request<Type extends Expected>(
    expected: Type,
    write: (id: number) => string,
    isPatient: boolean,
  ): Promise<Answer<Type>> {
    return this.#opened().request(expected, write, isPatient);
  }

  get guard(): Guard {
    return this.#opened().guard;
  }

  retryNow(): void {
    this.#opened().retryNow();
  }

  close(): void {
    this.#opened().close();
  }

  #opened(): Link {
    this.#link ??= this.#open();
    return this.#link;
  }
}
