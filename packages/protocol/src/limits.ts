/** Limits that a client and a gateway must agree on. */

/** Largest payload of one message, in bytes, unless the operator sets another. */
export const DEFAULT_MAX_MESSAGE_BYTES = 65_536;
