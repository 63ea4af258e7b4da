/** What became of the page's own messages, in words. */

import type { TidewireError } from "@tidewire/sdk";
import type { Tone } from "../connection/connection-text.ts";
import type { Outgoing } from "./outbox.ts";

export interface DeliveryText {
  readonly tone: Tone;
  readonly text: string;
}

/** After these it went out, or it did not. */
const UNSURE = new Set(["no_answer", "unconfirmed", "connection_lost"]);

export function deliveryText({ state }: Pick<Outgoing, "state">, isConnected: boolean): DeliveryText {
  switch (state.kind) {
    case "waiting":
      return isConnected
        ? { tone: "busy", text: "Sending…" }
        : { tone: "warning", text: "Waiting for the connection" };
    case "sent":
      return { tone: "good", text: "Sent" };
    case "failed":
      return { tone: "bad", text: failureText(state.reason) };
    case "interrupted":
      return { tone: "bad", text: "Perhaps not sent: the page was loaded anew before an answer came" };
    default:
      return state satisfies never;
  }
}

/** All of them in one line, for who does not see them. */
export function deliverySummary(
  outgoing: readonly Pick<Outgoing, "state">[],
  isConnected: boolean,
): DeliveryText | undefined {
  const failed = outgoing.filter(
    ({ state }) => state.kind === "failed" || state.kind === "interrupted",
  ).length;
  if (failed > 0) return { tone: "bad", text: `${counted(failed)} not sent` };
  const waiting = outgoing.filter(({ state }) => state.kind === "waiting").length;
  return waiting > 0 && !isConnected ? { tone: "warning", text: `${counted(waiting)} waiting` } : undefined;
}

function failureText({ code, message }: Pick<TidewireError, "code" | "message">): string {
  const start = UNSURE.has(code) ? "Perhaps not sent" : "Not sent";
  return `${start}: ${message} (${code})`;
}

function counted(count: number): string {
  return `${count} ${count === 1 ? "message" : "messages"}`;
}
