/** The state of the connection in words, for somebody who wants to know exactly. */

import type { ConnectionState } from "@tidewire/sdk";
import type { Tone } from "../connection/connection-text.ts";

export interface StateWords {
  readonly tone: Tone;
  readonly text: string;
}

/** @param leftMs until the next try, where one is waited for; at most so long, since a page may come to it later */
export function stateWords(state: ConnectionState, leftMs: number): StateWords {
  switch (state.kind) {
    case "connected":
      return { tone: "good", text: "Connected" };
    case "connecting":
      return { tone: "busy", text: "Connecting" };
    case "waiting": {
      const seconds = Math.max(1, Math.ceil(leftMs / 1_000));
      return { tone: "warning", text: `Next try within ${seconds} s: ${state.reason.message}` };
    }
    case "stopped":
      return { tone: "bad", text: `Stopped: ${state.reason.message}` };
    case "closed":
      return { tone: "busy", text: "Closed" };
    default:
      return state satisfies never;
  }
}
