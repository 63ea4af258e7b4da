/**
 * The life of a connection as a table: every status handles every event, and nothing else decides what comes next.
 *
 * A status is known by what it holds. Going from one to the next ends what only the old one holds and begins what only
 * the new one does, so no edge can forget to stop a timer or to close a socket.
 */

export type Status =
  /** Nothing was done yet. */
  | "idle"
  /** A token is asked for. */
  | "preparing"
  /** The WebSocket is being opened. */
  | "opening"
  /** It is open, and `connect` was said. */
  | "greeting"
  | "connected"
  /** For the next try. */
  | "waiting"
  /** Coming back would end in the same way. */
  | "stopped"
  | "closed";

export type ConnectionEvent =
  | "begin"
  /** There is a token, or none is needed. */
  | "prepared"
  | "opened"
  /** The gateway has answered `connect`. */
  | "welcomed"
  /** The try, or the connection, has failed: come back. */
  | "lost"
  /** It has failed: stay away. */
  | "refused"
  /** The wait is over. */
  | "due"
  | "online"
  | "visible"
  | "close";

export type Holding =
  /** What the application asked for and what can still be done: publications, subscriptions. */
  | "work"
  /** Listening to the browser: network and visibility. */
  | "surroundings"
  | "token"
  | "socket"
  /** Until the gateway must have said `connected`. */
  | "deadline"
  | "greeting"
  /** A connection that can be used. */
  | "session"
  | "retry";

/** In the order in which they are begun; they are ended in the opposite one. */
export const HOLDINGS: Readonly<Record<Status, readonly Holding[]>> = {
  idle: [],
  preparing: ["work", "surroundings", "token"],
  opening: ["work", "surroundings", "deadline", "socket"],
  greeting: ["work", "surroundings", "deadline", "socket", "greeting"],
  connected: ["work", "surroundings", "socket", "session"],
  waiting: ["work", "surroundings", "retry"],
  stopped: [],
  closed: [],
};

/** A status to go to; `-`: the event means nothing here; `probe`: stay, and ask the gateway for a sign of life. */
type Cell = Status | "-" | "probe";

// A return of the network begins anew what was begun without it; a return of the page has no need to.
export const TABLE: Readonly<Record<Status, Readonly<Record<ConnectionEvent, Cell>>>> = {
  idle: row({ begin: "preparing" }),
  preparing: row({ prepared: "opening", lost: "waiting" }),
  opening: row({ opened: "greeting", lost: "waiting", refused: "stopped", online: "preparing" }),
  greeting: row({ welcomed: "connected", lost: "waiting", refused: "stopped" }),
  connected: row({ lost: "waiting", refused: "stopped", online: "probe", visible: "probe" }),
  waiting: row({ due: "preparing", online: "preparing", visible: "preparing" }),
  stopped: row({}),
  closed: row({ close: "-" }),
};

/** Events that are not named mean nothing in that status, but for `close`, which ends every one. */
function row(cells: Partial<Record<ConnectionEvent, Cell>>): Record<ConnectionEvent, Cell> {
  const nothing = { begin: "-", prepared: "-", opened: "-", welcomed: "-", lost: "-", refused: "-" } as const;
  return { ...nothing, due: "-", online: "-", visible: "-", close: "closed", ...cells };
}

export interface Transition {
  readonly next: Status;
  /** What is to be ended, in this order, and then begun. */
  readonly ends: readonly Holding[];
  readonly begins: readonly Holding[];
  /** Whether the gateway is to be asked for a sign of life. */
  readonly isProbe: boolean;
}

/** What an event leads to. */
export function transition(status: Status, event: ConnectionEvent): Transition {
  const cell = TABLE[status][event];
  const next = cell === "-" || cell === "probe" ? status : cell;
  const [before, after] = [HOLDINGS[status], HOLDINGS[next]];
  return {
    next,
    ends: before.filter((holding) => !after.includes(holding)).toReversed(),
    begins: after.filter((holding) => !before.includes(holding)),
    isProbe: cell === "probe",
  };
}
