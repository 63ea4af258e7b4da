/** Who is on a channel, a page at a time: the same for v1 and for HTTP. */
import { MAX_MEMBER_BYTES, type Presence as BrokerPresence } from "@tidewire/broker";
import { DEFAULT_PRESENCE_LIMIT, type Presence, type Refusal } from "@tidewire/protocol";
import pLimit from "p-limit";
import { brokerRefusal } from "./broker-refusal.ts";
import type { ChannelRules } from "./channel-rules.ts";
import type { Limits } from "./limits.ts";
import { memberJson } from "./presence-member.ts";

export const NO_PRESENCE: Refusal = {
  code: "unsupported",
  message: "Nobody is told who is on this channel.",
};
const TOO_LONG: Refusal = { code: "bad_request", message: "after is too long." };

export interface ReadPresenceOptions {
  readonly presence: Pick<BrokerPresence, "members">;
  readonly rules: ChannelRules;
  readonly limits: Pick<Limits, "maxConcurrentReads">;
}

export interface PresenceQuestion extends Pick<Presence, "channel"> {
  readonly after?: string | undefined;
  readonly limit?: number | undefined;
}

/** The page as JSON text, from `"channel"` on, without the braces around it; or why there is none. */
export type ReadPresence = (question: PresenceQuestion) => Promise<string | Refusal>;

export function createReadPresence({ presence, rules, limits }: ReadPresenceOptions): ReadPresence {
  const reads = pLimit(limits.maxConcurrentReads);
  return async ({ channel, after, limit = DEFAULT_PRESENCE_LIMIT }) => {
    if (!rules.of(channel).presence) return NO_PRESENCE;
    if (after !== undefined && Buffer.byteLength(after) > MAX_MEMBER_BYTES) return TOO_LONG;
    const result = await reads(() => presence.members(channel, { after, limit }));
    if (!result.ok) return brokerRefusal(result.error);
    const { members, total, hasMore, isComplete: complete } = result.value;
    const next = hasMore ? members.at(-1)?.id : undefined;
    const rest = { total, ...(next !== undefined && { next }), complete };
    const list = members.map(({ id, info }) => memberJson(id, info)).join(",");
    return `"channel":${JSON.stringify(channel)},"members":[${list}],${JSON.stringify(rest).slice(1, -1)}`;
  };
}
