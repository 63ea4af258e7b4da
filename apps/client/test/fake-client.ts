/** A client and a clock in the test's hands. */

import type {
  ConnectionState,
  Message,
  Published,
  SubscribeOptions,
  SubscriptionHandlers,
  SubscriptionState,
} from "@tidewire/sdk";
import { ChannelLog, type LogClient } from "../src/channel-log.ts";

export class FakeSubscription {
  readonly channel: string;
  readonly handlers: SubscriptionHandlers;
  readonly options: SubscribeOptions;
  readonly ready = Promise.resolve();
  state: SubscriptionState = { kind: "subscribing" };
  isEnded = false;

  constructor(channel: string, handlers: SubscriptionHandlers, options: SubscribeOptions) {
    this.channel = channel;
    this.handlers = handlers;
    this.options = options;
  }

  end(): void {
    this.isEnded = true;
  }

  becomes(state: SubscriptionState): void {
    this.state = state;
    this.handlers.onState?.(state);
  }

  brings(data: string, fields: Partial<Message> = {}): void {
    const facts = { channel: this.channel, time: 1_000_000, ...fields };
    this.handlers.onMessage?.({ ...facts, data, bytes: undefined } as Message);
  }
}

export interface FakePublication extends PromiseWithResolvers<Published> {
  readonly channel: string;
  readonly data: unknown;
  readonly key: string | undefined;
}

export class FakeClient implements LogClient {
  readonly subscriptions: FakeSubscription[] = [];
  readonly publications: FakePublication[] = [];
  readonly #listeners = new Set<(state: ConnectionState) => void>();
  state: ConnectionState = { kind: "connecting" };

  onState(listener: (state: ConnectionState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  becomes(state: ConnectionState): void {
    this.state = state;
    for (const listener of this.#listeners) listener(state);
  }

  channel(name: string): ReturnType<LogClient["channel"]> {
    return {
      subscribe: (listener, options) => {
        const handlers = typeof listener === "function" ? { onMessage: listener } : listener;
        const subscription = new FakeSubscription(name, handlers, options ?? {});
        this.subscriptions.push(subscription);
        return subscription;
      },
      publish: (data, options) => {
        const publication = { ...Promise.withResolvers<Published>(), channel: name, data, key: options?.key };
        this.publications.push(publication);
        return publication.promise;
      },
    };
  }

  /** The newest. */
  get subscription(): FakeSubscription {
    return last(this.subscriptions);
  }

  get publication(): FakePublication {
    return last(this.publications);
  }
}

function last<Value>(values: readonly Value[]): Value {
  const value = values.at(-1);
  if (value === undefined) throw new Error("there is none");
  return value;
}

/** A log whose frames and time the test has in hand. */
export function createLog() {
  const frames: (() => void)[] = [];
  const clock = { nowMs: 1_000_000 };
  let keys = 0;
  const log = new ChannelLog({
    nextFrame: (callback) => void frames.push(callback),
    nowMs: () => clock.nowMs,
    newKey: () => `key-${(keys += 1)}`,
  });
  /** Draws what is due once all that promises led to is done. */
  const draw = async () => {
    await new Promise(setImmediate);
    for (const frame of frames.splice(0)) frame();
  };
  return { log, frames, clock, draw };
}
