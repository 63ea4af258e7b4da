/** The state of one connection to Redis, as a table: which event leads from which state to which. */

/**
 * - `connecting`: not there, or there and not yet signed in.
 * - `settling`: signed in; being made fit for use (its role asked, its subscriptions restored).
 * - `up`: fit, and proved so within the last check.
 */
export type LinkState = "connecting" | "settling" | "up";

/**
 * - `ready`: Redis has let us in.
 * - `proved`: it did what was asked of it.
 * - `unfit`: it answered, but it is not what we need: a read-only replica.
 * - `silent`: it did not answer in time.
 * - `closed`: the connection is gone.
 */
export type LinkEvent = "ready" | "proved" | "unfit" | "silent" | "closed";

const TABLE: Readonly<Record<LinkState, Readonly<Partial<Record<LinkEvent, LinkState>>>>> = {
  connecting: { ready: "settling" },
  settling: { proved: "up", closed: "connecting" },
  up: { unfit: "settling", silent: "connecting", closed: "connecting" },
};

/** An event that a state does not know leaves it as it is: it comes from a connection that was given up. */
export function nextLinkState(state: LinkState, event: LinkEvent): LinkState {
  return TABLE[state][event] ?? state;
}
