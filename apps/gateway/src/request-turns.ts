/**
 * Requests on one connection, one after the other. HTTP lets a client ask on without waiting for answers, and what is
 * made for one that does not read them has to be held.
 *
 * Invariant: of each connection one request is handled at a time, and few wait.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { HttpSockets } from "./http-sockets.ts";

/** Requests that may wait behind another one of their connection. */
const MAX_WAITING = 16;

/**
 * Settles when it is the turn of the request; never where too many wait, and then the connection is cut.
 *
 * @param sockets counts the request already
 */
export async function untilTurn(
  { socket }: IncomingMessage,
  response: ServerResponse,
  sockets: HttpSockets,
): Promise<void> {
  // An answer has a socket while it is the next one on it.
  if (response.socket !== null) return;
  // All but the one that is handled.
  if (sockets.unansweredOn(socket) - 1 > MAX_WAITING) socket.destroy();
  await new Promise((resolve) => response.once("socket", resolve));
}
