/** The words and the tone in which a person is told whether messages come and go. */

import type { SubscriptionState } from "@tidewire/sdk";
import type { Outlook } from "./outlook.ts";

export type Tone = "good" | "busy" | "warning" | "bad";

export interface ConnectionText {
  readonly tone: Tone;
  readonly title: string;
  readonly detail: string;
  /** What becomes of what is sent now, where it does not go out at once. */
  readonly hint?: string;
  /** Nothing that is sent now would ever go out. */
  readonly isBlocked?: boolean;
}

export interface Situation {
  readonly outlook: Outlook;
  readonly subscription: SubscriptionState;
  /** Whether the device says that it has a network. */
  readonly hasNetwork: boolean;
  /** Of the gateway. */
  readonly host: string;
}

const WAITS = "Not connected: what you send waits here.";

export function connectionText(situation: Situation): ConnectionText {
  const { outlook, hasNetwork, host } = situation;
  const { state, failure } = outlook;
  switch (state.kind) {
    case "connected":
      return connectedText(situation, state.connection.user);
    case "connecting":
    case "waiting": {
      if (!hasNetwork) {
        const detail = "The page connects by itself as soon as there is a network.";
        return { tone: "warning", title: "Your device is offline", detail, hint: WAITS };
      }
      // While tries come and go the words stay the same, or a screen reader would never stop.
      if (failure) {
        const { title, detail } = failure;
        return { tone: "warning", title, detail, hint: WAITS };
      }
      return { tone: "busy", title: "Connecting…", detail: host, hint: "Connecting: what you send waits." };
    }
    case "stopped": {
      const { title = "", detail = "", advice } = failure ?? {};
      const hint = advice ?? "Press “Connect again” above to go on. Your text stays here.";
      return { tone: "bad", title, detail, hint, isBlocked: true };
    }
    case "closed":
      return { tone: "busy", title: "Not connected", detail: host, isBlocked: true };
    default:
      return state satisfies never;
  }
}

function connectedText(situation: Situation, user: string | undefined): ConnectionText {
  const { subscription, hasNetwork, host } = situation;
  const detail = user === undefined ? host : `${host}, as user ${user}`;
  switch (subscription.kind) {
    case "subscribing":
      return { tone: "busy", title: "Joining the channel…", detail };
    case "ended": {
      const { message = "", code = "" } = subscription.reason ?? {};
      return { tone: "bad", title: "Not listening", detail: `The gateway says: ${message} (${code})` };
    }
    case "subscribed": {
      if (hasNetwork) return { tone: "good", title: "Connected", detail };
      const doubt = "The connection still stands, but messages may not get through.";
      return { tone: "warning", title: "Your device is offline", detail: doubt };
    }
    default:
      return subscription satisfies never;
  }
}
