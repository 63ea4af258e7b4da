/** Subprotocols: what a client offers in `Sec-WebSocket-Protocol`, and which of them a gateway speaks. */

/** A frame is a payload: no envelope, no handshake. Also spoken when no subprotocol is offered at all. */
export const PLAIN_SUBPROTOCOL = "tidewire.plain";
/** Requests, replies and pushes as JSON. */
export const V1_SUBPROTOCOL = "tidewire.v1";
/** Begins a name that carries a token, where browsers can put one; passed over and never answered. */
export const TOKEN_SUBPROTOCOL_PREFIX = "tidewire.token.";

export type Subprotocol = typeof PLAIN_SUBPROTOCOL | typeof V1_SUBPROTOCOL;

/**
 * The first known of the subprotocols that a client offers, in its order of preference (RFC 6455, section 4.1);
 * plain when it offers none at all, `undefined` when it offers others only.
 *
 * @param header `Sec-WebSocket-Protocol`: names separated by commas
 */
export function chooseSubprotocol(header: string | undefined): Subprotocol | undefined {
  if (header === undefined) return PLAIN_SUBPROTOCOL;
  return header
    .split(",")
    .map((name) => name.trim())
    .find((name) => name === PLAIN_SUBPROTOCOL || name === V1_SUBPROTOCOL);
}
