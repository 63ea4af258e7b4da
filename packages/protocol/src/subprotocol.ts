/** Subprotocols: what a client offers in `Sec-WebSocket-Protocol`, and which of them a gateway speaks. */

/** A frame is a payload: no envelope, no handshake. Also spoken when no subprotocol is offered at all. */
export const PLAIN_SUBPROTOCOL = "tidewire.plain";
