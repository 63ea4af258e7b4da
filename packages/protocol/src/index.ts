/** @tidewire/protocol: what a client and a gateway agree on. Pure, without dependencies. */
export { channelFault, DEFAULT_CHANNEL, MAX_CHANNEL_LENGTH, userChannel } from "./channel.ts";
export { CLOSE_CODES, type CloseCode } from "./close-codes.ts";
export { ERROR_CODES, type ErrorCode, type Refusal } from "./error-codes.ts";
export { DEFAULT_MAX_MESSAGE_BYTES } from "./limits.ts";
export { PLAIN_SUBPROTOCOL } from "./subprotocol.ts";
