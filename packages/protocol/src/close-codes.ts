/** Close codes: why the gateway ended a WebSocket, and whether its client should come back. */

/** One row of the table: the number on the wire, the reason sent with it, and the advice to the client. */
export interface CloseCode {
  readonly code: number;
  /** Sent in the close frame, at most 123 bytes (RFC 6455, section 5.5). */
  readonly reason: string;
  /** Whether the same client may simply connect again. */
  readonly reconnect: boolean;
}

/**
 * Every code with which a gateway closes a connection.
 *
 * The numbers below 4000 are those of RFC 6455, section 7.4.1. In the range of its own, 4000 to 4499 means
 * come back later and 4500 to 4999 means stay away, so that a client understands codes newer than itself.
 */
export const CLOSE_CODES = {
  protocolError: { code: 1002, reason: "the WebSocket protocol was violated", reconnect: false },
  unsupportedData: {
    code: 1003,
    reason: "binary frames are not accepted here; send text",
    reconnect: false,
  },
  invalidUtf8: { code: 1007, reason: "a text frame was not valid UTF-8", reconnect: false },
  policyViolation: {
    code: 1008,
    reason: "the message came in too many pieces",
    reconnect: false,
  },
  messageTooLarge: { code: 1009, reason: "the message is too large", reconnect: false },
  internalError: { code: 1011, reason: "the gateway failed; it is logged there", reconnect: true },
  goingAway: { code: 4000, reason: "the gateway is stopping; come back in N ms", reconnect: true },
  slowReader: {
    code: 4001,
    reason: "the client read too slowly and messages were lost; connect again",
    reconnect: true,
  },
  publishFailed: {
    code: 4002,
    reason: "the last message may not have been published; connect again",
    reconnect: true,
  },
  connectTimeout: {
    code: 4003,
    reason: "no connect came in time; connect again",
    reconnect: true,
  },
  tokenExpired: {
    code: 4004,
    reason: "the token has expired; come back with a new one",
    reconnect: true,
  },
  disconnected: { code: 4005, reason: "the server ended this connection; connect again", reconnect: true },
  gap: { code: 4006, reason: "messages may have been missed; connect again", reconnect: true },
  channelRefused: {
    code: 4500,
    reason: "the broker does not allow this channel to the gateway",
    reconnect: false,
  },
  malformed: {
    code: 4501,
    reason: "a message was no JSON object with an id, or a frame held too many",
    reconnect: false,
  },
  notConnected: { code: 4502, reason: "the first message must be connect", reconnect: false },
  publishForbidden: {
    code: 4503,
    reason: "this client may not publish on this channel",
    reconnect: false,
  },
  unauthorized: { code: 4504, reason: "the token is missing or not accepted", reconnect: false },
  revoked: { code: 4505, reason: "the token was revoked", reconnect: false },
} as const satisfies Record<string, CloseCode>;
