/** One subscriber of a channel, of which there may be several that share what comes from the gateway. */
import type { Gap, Invalid, Message, Removed } from "./message.ts";
import type { TidewireError } from "./tidewire-error.ts";

export type SubscriptionState =
  /** Asked for, or waiting for a connection to ask. */
  | { readonly kind: "subscribing" }
  /** What is published from now on arrives. `resumable`: also what is published while the connection is away. */
  | { readonly kind: "subscribed"; readonly resumable: boolean }
  /** For good. `reason` is absent when the application has ended it. */
  | { readonly kind: "ended"; readonly reason?: TidewireError };

/** Functions of the application. What one throws goes to `onError`, and the others are called all the same. */
export interface SubscriptionHandlers<Received = Message> {
  /** Each message once, and those of a stream channel in order. */
  readonly onMessage?: (message: Received) => void;
  /**
   * Called in place of `onMessage` for a message that does not fit the schema of the channel.
   *
   * @default a warning on the console, without what was in the message
   */
  readonly onInvalid?: (invalid: Invalid) => void;
  /** Comes before the messages behind the gap. */
  readonly onGap?: (gap: Gap) => void;
  /** The gateway has ended the subscription, or refused it. Nothing comes after it but `onState`. */
  readonly onRemoved?: (removed: Removed) => void;
  /** Each change; not called for the state at the beginning. */
  readonly onState?: (state: SubscriptionState) => void;
}

/** Where a subscription begins. They hold for a channel, so only the first subscriber can choose them. */
export interface SubscribeOptions {
  /** On a stream channel: the position behind which to begin. Not together with `last`. @default with what is new */
  readonly since?: string;
  /** On a stream channel: how many of the newest messages to get first, 0 to 1,000. @default none */
  readonly last?: number;
  /** Whether this client gets its own messages on the channel back. @default as the operator set it for the channel */
  readonly echo?: boolean;
}

export interface Subscription {
  readonly channel: string;
  readonly state: SubscriptionState;
  /** Resolves once it is confirmed for the first time; rejects when it ends before. Need not be listened to. */
  readonly ready: Promise<void>;
  /** Nothing comes any more, from this moment on. May be called again. */
  end(): void;
}
