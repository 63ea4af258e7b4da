/** Where a client wants to begin in a stream channel, as it says so in a query or in v1, and where it does. */
import { formatPosition, parsePosition } from "@tidewire/broker";
import { MAX_HISTORY_LIMIT, type Refusal, type Subscribe, type Subscribed } from "@tidewire/protocol";
import { NOT_A_POSITION } from "./history.ts";
import type { Opening, Start } from "./stream-channel.ts";

export const NOW: Start = { kind: "now" };

const BOTH: Refusal = { code: "bad_request", message: "Give since or last once, not both." };
const NOT_KEPT: Refusal = { code: "bad_request", message: "Nothing is kept of this channel." };
const NOT_A_COUNT: Refusal = {
  code: "bad_request",
  message: `last must be a whole number from 0 to ${MAX_HISTORY_LIMIT}.`,
};

/** @param isKept whether the channel is a stream channel */
export function readStart(query: URLSearchParams, isKept: boolean): Start | Refusal {
  const [since, last] = [query.getAll("since"), query.getAll("last")];
  if (since.length + last.length > 1) return BOTH;
  if (since.length + last.length === 0) return NOW;
  if (!isKept) return NOT_KEPT;
  return since[0] === undefined ? startWithLast(last[0] ?? "") : startSince(since[0]);
}

export function startSince(text: string): Start | Refusal {
  const position = parsePosition(text);
  return position ? { kind: "since", position } : NOT_A_POSITION;
}

function startWithLast(text: string): Start | Refusal {
  const count = /^\d{1,4}$/.test(text) ? Number(text) : Number.NaN;
  return count <= MAX_HISTORY_LIMIT ? { kind: "last", count } : NOT_A_COUNT;
}

/** Of a request of v1. */
export function startOf({ since, last }: Pick<Subscribe, "since" | "last">): Start | Refusal {
  if (last !== undefined) return { kind: "last", count: last };
  return since === undefined ? NOW : startSince(since);
}

/** What the reply says of where a subscription begins. */
export function whereOf(
  opening: Opening | undefined,
  { since, last }: Pick<Subscribe, "since" | "last">,
): Pick<Subscribed, "resumable" | "position" | "complete" | "last"> {
  // Nothing is kept of a live channel, so what came since may be missing.
  const isComplete = since === undefined ? {} : { complete: opening?.isComplete ?? false };
  if (!opening) return { resumable: false, ...isComplete };
  const position = formatPosition(opening.position);
  return {
    resumable: true,
    position,
    ...isComplete,
    ...(last !== undefined && { last: opening.entries.length }),
  };
}
