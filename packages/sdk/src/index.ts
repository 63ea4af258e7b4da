/** @tidewire/sdk: the client of Tidewire for browsers and Node.js. */
export type { Json } from "@tidewire/protocol";
export type { Channel } from "./channel.ts";
export { type ChannelDefinition, defineChannel, type TypedChannel } from "./channel-definition.ts";
export { connect } from "./connect.ts";
export type { ConnectionFacts, ConnectionState } from "./connection-state.ts";
export type { HistoryOptions, Published, PublishOptions } from "./link.ts";
export type { BytesMessage, DataMessage, Gap, HistoryPage, Invalid, Message, Removed } from "./message.ts";
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
