/**
 * What is told of a step of presence on Pub/Sub: a JSON array of the epoch, the number of the channel's step before, its
 * own number, and the changes, each of them a kind, an id and, but for those that have left, an info.
 */
import type { PresenceChange, PresenceNotice } from "./presence.ts";

/** `undefined` for all that no step wrote. */
export function parseNotice(bytes: Buffer): PresenceNotice | undefined {
  let parts: unknown;
  try {
    parts = JSON.parse(bytes.toString());
  } catch {
    return undefined;
  }
  if (!Array.isArray(parts)) return undefined;
  const [epoch, previous, number, rows] = parts as unknown[];
  if (typeof epoch !== "string" || !isNumber(previous) || !isNumber(number) || !Array.isArray(rows)) {
    return undefined;
  }
  const changes = rows.map(changeOf);
  if (!changes.every((change) => change !== undefined)) return undefined;
  return { version: { epoch, number: Number(number) }, previous: Number(previous), changes };
}

function changeOf(row: unknown): PresenceChange | undefined {
  if (!Array.isArray(row)) return undefined;
  const [kind, id, info] = row as unknown[];
  if (typeof id !== "string") return undefined;
  if (kind === "left") return { kind, id };
  if ((kind !== "joined" && kind !== "updated") || typeof info !== "string") return undefined;
  return { kind, member: { id, info } };
}

// As text: Lua would write great numbers with few digits.
function isNumber(value: unknown): value is string {
  return typeof value === "string" && /^\d{1,15}$/.test(value);
}
