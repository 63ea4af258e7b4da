/** What a v1 client is told when it asks for what it can't have. */
import type { Refusal } from "@tidewire/protocol";

export const ALREADY_CONNECTED: Refusal = {
  code: "already_connected",
  message: "This connection has said connect before.",
};
export const ALREADY_SUBSCRIBED: Refusal = {
  code: "already_subscribed",
  message: "This connection is subscribed to the channel.",
};
export const NOT_SUBSCRIBED: Refusal = {
  code: "not_subscribed",
  message: "This connection is not subscribed to the channel.",
};
export const CANCELLED: Refusal = {
  code: "cancelled",
  message: "It was unsubscribed before it was subscribed.",
};
export const TOO_MANY_SUBSCRIPTIONS: Refusal = {
  code: "too_many_subscriptions",
  message: "This connection is subscribed to as many channels as it may be.",
};
export const MAY_NOT_SUBSCRIBE: Refusal = {
  code: "forbidden",
  message: "Clients may not subscribe to this channel.",
};
export const MAY_NOT_PUBLISH: Refusal = {
  code: "forbidden",
  message: "Clients may not publish on this channel.",
};
export const TOO_DEEP: Refusal = {
  code: "bad_request",
  message: "The request is nested too deeply.",
};
export const RATE_LIMITED: Refusal = {
  code: "rate_limited",
  message: "This connection publishes faster than the channel allows.",
};
export const OTHER_USER: Refusal = {
  code: "unauthorized",
  message: "The token is of another user.",
};
export const UNSUPPORTED: Refusal = {
  code: "unsupported",
  message: "This gateway can't do that yet.",
};
