/** The page's own messages as they come up again after it was loaded anew. */

import { isFields, textOf } from "../fields.ts";
import type { Outgoing } from "./outbox.ts";

/** `undefined` also for what a gateway has taken: that is in the channel. */
export function readOutgoing(value: unknown): Outgoing | undefined {
  if (!isFields(value)) return undefined;
  const { key, channel, text, data, atMs } = value;
  const state = readState(value["state"]);
  if (typeof key !== "string" || typeof channel !== "string") return undefined;
  if (typeof text !== "string" || typeof atMs !== "number" || !state) return undefined;
  // As it is published, by the room that it is for; and its list counts from the start.
  if (typeof data !== "string" && !isFields(data)) return undefined;
  const user = textOf(value["user"]);
  return { key, user, channel, text, data: data as Outgoing["data"], atMs, afterKey: 0, state };
}

function readState(value: unknown): Outgoing["state"] | undefined {
  if (!isFields(value)) return undefined;
  const { kind, reason } = value;
  if (kind === "waiting" || kind === "interrupted") return { kind: "interrupted" };
  if (kind !== "failed" || !isFields(reason)) return undefined;
  const [code, message] = [textOf(reason["code"]), textOf(reason["message"])];
  return code === undefined || message === undefined ? undefined : { kind, reason: { code, message } };
}
