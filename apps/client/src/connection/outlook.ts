/** What a person must know of the connection beyond its state: why it is away, for as long as it is. */

import type { ConnectionState, TidewireError } from "@tidewire/sdk";

export interface Failure {
  readonly title: string;
  readonly detail: string;
  /** What a person can do about it, where that is not plain. */
  readonly advice?: string;
  /** The gateway wants a token, or another one. */
  readonly isTokenWanted?: boolean;
}

export interface Outlook {
  readonly state: ConnectionState;
  /** Why the connection, or the last try, has ended. Also while the next try is under way. */
  readonly failure: Failure | undefined;
}

export function nextOutlook({ state: before, failure }: Outlook, state: ConnectionState): Outlook {
  switch (state.kind) {
    case "connected":
    case "closed":
      return { state, failure: undefined };
    case "connecting":
      // After `stopped` a person has begun anew.
      return { state, failure: before.kind === "stopped" ? undefined : failure };
    case "waiting":
    case "stopped":
      return { state, failure: failureOf(state.reason, before.kind === "connected") };
    default:
      return state satisfies never;
  }
}

/** The first outlook on a client. */
export function outlookOn(state: ConnectionState): Outlook {
  return nextOutlook({ state: { kind: "connecting" }, failure: undefined }, state);
}

export function failureOf(reason: TidewireError, wasConnected: boolean): Failure {
  const { code, closeCode, retry } = reason;
  if (code === "unauthorized") {
    const advice = "To sign in, open this page with a token in its address: ?token=…";
    return { title: "Not signed in", detail: told(reason), advice, isTokenWanted: true };
  }
  if (!retry) return { title: closeCode ? "Closed by the gateway" : "Cannot connect", detail: told(reason) };
  const title = wasConnected ? "Connection lost" : "Cannot reach the gateway";
  if (closeCode !== 1006) return { title, detail: told(reason) };
  // Browsers show a refused upgrade (400, 403, 503) exactly like a gateway that is not there.
  const refused = "It may not be running, or it does not let this page in.";
  return { title, detail: wasConnected ? "The connection broke off without a goodbye." : refused };
}

/** Of a text that came with a close, `message` is all; without one the client has made its own, with the code in it. */
function told({ message, closeCode }: TidewireError): string {
  const isOwn = closeCode === undefined || message.includes(String(closeCode));
  return isOwn ? message : `The gateway says: ${message} (code ${closeCode})`;
}
