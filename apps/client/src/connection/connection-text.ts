/** The words and the tone in which a person is told whether messages come and go. */

import type { Outlook } from "./outlook.ts";

export type Tone = "good" | "busy" | "warning" | "bad";

export interface ConnectionText {
  readonly tone: Tone;
  readonly title: string;
  readonly detail: string;
  /** Whether messages go out now, as far as the page knows. */
  readonly isConnected: boolean;
  /** What becomes of what is sent now, where it does not go out at once. */
  readonly hint?: string;
  /** Nothing that is sent now would ever go out. */
  readonly isBlocked?: boolean;
  /** Nothing comes or goes until this page has a token, or another one. */
  readonly isTokenWanted?: boolean;
}

export interface Situation {
  readonly outlook: Outlook;
  /** Whether the device says that it has a network. */
  readonly hasNetwork: boolean;
  /** Of the gateway. */
  readonly host: string;
}

const WAITS = "Not connected: what you send waits here.";

export function connectionText(situation: Situation): ConnectionText {
  const { outlook, hasNetwork, host } = situation;
  const { state, failure } = outlook;
  const isConnected = state.kind === "connected";
  switch (state.kind) {
    case "connected":
      return connectedText(situation, state.connection.user);
    case "connecting":
    case "waiting": {
      if (!hasNetwork) {
        const detail = "The page connects by itself as soon as there is a network.";
        return { tone: "warning", title: "Your device is offline", detail, hint: WAITS, isConnected };
      }
      // While tries come and go the words stay the same, or a screen reader would never stop.
      if (failure) {
        const { title, detail } = failure;
        return { tone: "warning", title, detail, hint: WAITS, isConnected };
      }
      const hint = "Connecting: what you send waits.";
      return { tone: "busy", title: "Connecting…", detail: host, hint, isConnected };
    }
    case "stopped": {
      const { title = "", detail = "", advice, isTokenWanted = false } = failure ?? {};
      const hint = advice ?? "Press “Connect again” above to go on. Your text stays here.";
      return { tone: "bad", title, detail, hint, isConnected, isBlocked: true, isTokenWanted };
    }
    case "closed":
      return { tone: "busy", title: "Not connected", detail: host, isConnected, isBlocked: true };
    default:
      return state satisfies never;
  }
}

function connectedText({ hasNetwork, host }: Situation, user: string | undefined): ConnectionText {
  if (!hasNetwork) {
    const doubt = "The connection still stands, but messages may not get through.";
    return { tone: "warning", title: "Your device is offline", detail: doubt, isConnected: true };
  }
  const detail = user === undefined ? host : `${host}, as user ${user}`;
  return { tone: "good", title: "Connected", detail, isConnected: true };
}
