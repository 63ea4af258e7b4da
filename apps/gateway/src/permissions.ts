/** What a client may do on a channel: what its token grants, what the operator's rules say, and what holds without them. */
import { encodeUserId, matchesPattern, userChannel } from "@tidewire/protocol";
import type { ChannelRule, ChannelRules } from "./channel-rules.ts";
import type { Identity } from "./identity.ts";

export type Action = "subscribe" | "publish";

const USER_PREFIX = "user:";
/** With identity on, and without a rule of the operator, signed-in users may use these and no others. */
const OPEN_PATTERNS = ["room:*"] as const;

export class Permissions {
  readonly #rules: ChannelRules;
  readonly #isIdentityOn: boolean;
  readonly #openPatterns: readonly string[];

  /** @param defaultChannel the channel of clients that name none; it is open, too */
  constructor(rules: ChannelRules, isIdentityOn: boolean, defaultChannel: string) {
    this.#rules = rules;
    this.#isIdentityOn = isIdentityOn;
    this.#openPatterns = [defaultChannel, ...OPEN_PATTERNS];
  }

  /** @param identity absent when the client has not signed in */
  mayDo(action: Action, channel: string, identity: Identity | undefined): boolean {
    const rule = this.#rules.configured(channel);
    if (!this.#isIdentityOn) return rule === undefined || rule[action] === "anyone";
    if (!identity) return false;
    const granted = identity.grants[action].filter((pattern) => matchesPattern(pattern, channel));
    if (channel.startsWith(USER_PREFIX)) {
      // A user's own channel is for that user alone, and nobody speaks there but servers: what is said of `*` does not
      // reach here, only what is said of users' channels by name.
      if (granted.some((pattern) => pattern.startsWith(USER_PREFIX))) return true;
      if (action === "subscribe") return channel === userChannel(identity.user);
      return rule !== undefined && rule.pattern.startsWith(USER_PREFIX) && rule.publish === "anyone";
    }
    if (granted.length > 0) return true;
    if (rule) return isAmong(rule, action, channel, identity.user);
    return this.#openPatterns.some((pattern) => matchesPattern(pattern, channel));
  }
}

function isAmong(rule: ChannelRule, action: Action, channel: string, user: string): boolean {
  const who = rule[action];
  switch (who) {
    case "anyone":
      return true;
    case "nobody":
      return false;
    case "named":
      return channel
        .slice(rule.pattern.length - "*".length)
        .split(",")
        .includes(encodeUserId(user));
    default:
      return who satisfies never;
  }
}
