/** Limits that a client and a gateway must agree on. */

/** Largest payload of one message, in bytes, unless the operator sets another. */
export const DEFAULT_MAX_MESSAGE_BYTES = 65_536;
/**
 * Largest frame that a v1 client may send, in bytes, unless the operator sets another: a payload of the largest size, each
 * byte of it escaped as \\u0001, and then some.
 */
export const DEFAULT_MAX_FRAME_BYTES = 524_288;
/** Messages that one frame of a client may hold. */
export const MAX_MESSAGES_PER_FRAME = 1_000;
/** Arrays and objects that the `data` of a message may hold inside each other. */
export const MAX_DATA_DEPTH = 64;
/** Longest token, in characters. */
export const MAX_TOKEN_LENGTH = 8_192;
/** Longest position, in characters of visible ASCII. */
export const MAX_POSITION_LENGTH = 128;
/** Most messages that a request for history, or a subscription with `last`, may ask for. */
export const MAX_HISTORY_LIMIT = 1_000;
/** Messages of a page of history when the request does not say. */
export const DEFAULT_HISTORY_LIMIT = 100;
/** Largest public info of a member, in bytes of JSON text without white space. */
export const MAX_INFO_BYTES = 1_024;
/** Most members that a request for presence may ask for. */
export const MAX_PRESENCE_LIMIT = 1_000;
/** Members of a page of presence when the request does not say. */
export const DEFAULT_PRESENCE_LIMIT = 100;
/** Longest `after` of a request for presence, in UTF-16 code units. */
export const MAX_AFTER_LENGTH = 512;
/** Longest idempotency key, in characters of visible ASCII. */
export const MAX_KEY_LENGTH = 128;
