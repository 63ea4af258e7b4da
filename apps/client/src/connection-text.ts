/** The words and the tone in which a connection's state is told to a person. */

import type { ConnectionState } from "./connection-state.ts";

export type Tone = "good" | "busy" | "warning" | "bad";

export interface ConnectionText {
  readonly tone: Tone;
  readonly title: string;
  readonly detail: string;
  /** Why nothing can be sent now; absent when it can. */
  readonly blocked?: string;
}

const KEPT = "Your text stays here.";

export function connectionText(state: ConnectionState, host: string): ConnectionText {
  switch (state.kind) {
    case "idle":
      return {
        tone: "busy",
        title: "Not connected",
        detail: host,
        blocked: `Not connected. ${KEPT}`,
      };
    case "connecting": {
      const blocked = `Connecting: you can send in a moment. ${KEPT}`;
      // While tries come and go the words stay the same, or a screen reader would never stop.
      if (state.failure !== undefined) return { tone: "warning", ...state.failure, blocked };
      return { tone: "busy", title: "Connecting…", detail: host, blocked };
    }
    case "open": {
      if (!state.isDeviceOffline) return { tone: "good", title: "Connected", detail: host };
      const detail = "The connection still stands, but messages may not get through.";
      return { tone: "warning", title: "Your device is offline", detail };
    }
    case "waiting": {
      const blocked = `Not connected: you can send once the connection is back. ${KEPT}`;
      return { tone: "warning", ...state.failure, blocked };
    }
    case "offline": {
      const detail = "The page connects by itself as soon as there is a network.";
      const blocked = `Offline: you can send once the connection is back. ${KEPT}`;
      return { tone: "warning", title: "Your device is offline", detail, blocked };
    }
    case "stopped": {
      const way = state.canRetry ? "press “Try again” above" : "choose another channel above";
      const blocked = `Not connected: ${way} to go on. ${KEPT}`;
      return { tone: "bad", ...state.failure, blocked };
    }
    default:
      return state satisfies never;
  }
}
