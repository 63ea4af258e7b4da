/** What is told of a channel beside its messages: the seam at which `@tidewire/sdk/presence` joins the core. */
import type { Info, Push } from "@tidewire/protocol";
import type { SubscribeOptions, SubscriptionState } from "./subscription.ts";
import type { AnswerOf } from "./wire.ts";

export type AsidePush = Extract<Push, { readonly type: "members" | "presence" }>;

export interface AsideFields {
  readonly presence: true;
  readonly info: Info | undefined;
}

/** One for a channel at most. Its functions must not throw. */
export interface Aside {
  /** Goes into each `subscribe` of the channel; `undefined` when nobody wants it any more, and then it is not told. */
  fields(): AsideFields | undefined;
  onPush(push: AsidePush): void;
  /** The subscription's state, also where nobody listens to it any more: `ended` is the last. */
  onState(state: SubscriptionState): void;
  /** The gateway will not subscribe with these fields. It is asked without; nothing is told any more. */
  onRefused(reply: Extract<AnswerOf<"subscribed">, { readonly type: "error" }>): void;
}

export interface FeedOptions extends SubscribeOptions {
  readonly aside?: Aside;
}
