/** What is kept of a stream channel, a page at a time: the same for v1 and for HTTP. */
import {
  type Entry,
  formatPosition,
  parsePosition,
  type Position,
  type ReadRequest,
  type Streams,
} from "@tidewire/broker";
import { DEFAULT_HISTORY_LIMIT, type History, type Refusal } from "@tidewire/protocol";
import type { LimitFunction } from "p-limit";
import { brokerRefusal } from "./broker-refusal.ts";
import type { ChannelRules } from "./channel-rules.ts";
import { timeOf } from "./kept-entry.ts";
import { withPayload } from "./v1-form.ts";

/** Most bytes of payloads in one page, but for one that is larger. */
const MAX_PAGE_BYTES = 262_144;

export const NOT_A_POSITION: Refusal = { code: "bad_request", message: "This can't be a position." };
const NOTHING_KEPT: Refusal = { code: "unsupported", message: "Nothing is kept of this channel." };

export interface ReadHistoryOptions {
  readonly read: Streams["read"];
  readonly rules: ChannelRules;
  /** Through which all reads of this gateway go. */
  readonly reads: LimitFunction;
}

export interface HistoryQuestion extends Pick<History, "channel"> {
  readonly since?: string | undefined;
  readonly before?: string | undefined;
  readonly limit?: number | undefined;
}

/** The members of a page as JSON text, from `"channel"` on, without the braces around them; or why there are none. */
export type ReadHistory = (question: HistoryQuestion) => Promise<string | Refusal>;

export function createReadHistory({ read, rules, reads }: ReadHistoryOptions): ReadHistory {
  return async (question) => {
    const { channel } = question;
    if (!rules.of(channel).stream) return NOTHING_KEPT;
    const request = requestOf(question);
    if (!request) return NOT_A_POSITION;
    const result = await reads(() => read(channel, request));
    if (!result.ok) return brokerRefusal(result.error);
    const { entries, isComplete, hasMore, head } = result.value;
    const rest = { complete: isComplete, more: hasMore, position: formatPosition(head) };
    const messages = entries.map(textOf).join(",");
    return `"channel":${JSON.stringify(channel)},"messages":[${messages}],${JSON.stringify(rest).slice(1, -1)}`;
  };
}

/** `undefined` when it asks for what is no position. */
function requestOf({
  since,
  before,
  limit = DEFAULT_HISTORY_LIMIT,
}: HistoryQuestion): ReadRequest | undefined {
  const bounds = { limit, maxBytes: MAX_PAGE_BYTES };
  const text = since ?? before;
  if (text === undefined) return { stretch: { kind: "last" }, ...bounds };
  const position: Position | undefined = parsePosition(text);
  return position && { stretch: { kind: since === undefined ? "before" : "after", position }, ...bounds };
}

function textOf({ position, publication }: Entry): string {
  const { sender } = publication;
  const from = sender === undefined ? {} : { sender };
  const head = { position: formatPosition(position), ...from, time: timeOf(position) };
  return withPayload(head, publication);
}
