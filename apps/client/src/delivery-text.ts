/** What became of the page's own publications, in words. */

import type { TidewireError } from "@tidewire/sdk";
import { clockTime } from "./clock-time.ts";
import type { Tone } from "./connection-text.ts";
import type { Delivery } from "./deliveries.ts";

export interface DeliveryText {
  readonly tone: Tone;
  readonly text: string;
}

/** After these it went out, or it did not. */
const UNSURE = new Set(["no_answer", "unconfirmed", "connection_lost"]);

export function deliveryText({ state }: Delivery, isConnected: boolean): DeliveryText {
  switch (state.kind) {
    case "waiting":
      return isConnected
        ? { tone: "busy", text: "Sending…" }
        : { tone: "warning", text: "Waiting for the connection" };
    case "sent":
      return { tone: "good", text: "Sent" };
    case "failed":
      return { tone: "bad", text: failureText(state.reason) };
    default:
      return state satisfies never;
  }
}

/** All of them in one line. */
export function deliverySummary(
  deliveries: readonly Delivery[],
  sentAtMs: number | undefined,
  isConnected: boolean,
): DeliveryText | undefined {
  const failed = deliveries.filter(({ state }) => state.kind === "failed").length;
  if (failed > 0) return { tone: "bad", text: `${counted(failed)} not sent` };
  const waiting = deliveries.filter(({ state }) => state.kind === "waiting").length;
  if (waiting > 0 && !isConnected) return { tone: "warning", text: `${counted(waiting)} waiting` };
  return sentAtMs === undefined ? undefined : { tone: "good", text: `Sent at ${clockTime(sentAtMs)}` };
}

function failureText({ code, message }: TidewireError): string {
  const start = UNSURE.has(code) ? "Perhaps not sent" : "Not sent";
  return `${start}: ${message} (${code})`;
}

function counted(count: number): string {
  return `${count} ${count === 1 ? "message" : "messages"}`;
}
