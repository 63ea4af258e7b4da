/** @tidewire/sdk: the client of Tidewire for browsers and Node.js. */
export type { Json } from "@tidewire/protocol";
export type { Channel, HistoryOptions, Published, PublishOptions } from "./channel.ts";
export { connect } from "./connect.ts";
export type { ConnectionFacts, ConnectionState } from "./connection-state.ts";
export type { Gap, HistoryPage, Message, Removed } from "./message.ts";
export type { MessagesOptions } from "./message-reader.ts";
export type { ConnectOptions, Limits, QueueLimits } from "./options.ts";
export type {
  SubscribeOptions,
  Subscription,
  SubscriptionHandlers,
  SubscriptionState,
} from "./subscription.ts";
export { type ClientErrorCode, TidewireError, type TidewireErrorCode } from "./tidewire-error.ts";
export type { Tidewire } from "./tidewire.ts";
