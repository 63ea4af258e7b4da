/** What a client may do on a channel: what its token grants, what the operator's rules say, and what holds without them. */
import { matchesPattern, userChannel } from "@tidewire/protocol";
import type { ChannelRules } from "./channel-rules.ts";
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

  /** @param identity absent when nobody signs in here */
  mayDo(action: Action, channel: string, identity: Identity | undefined): boolean {
    const grants = identity?.grants[action] ?? [];
    if (grants.some((pattern) => matchesPattern(pattern, channel))) return true;
    const rule = this.#rules.configured(channel);
    if (this.#isIdentityOn && channel.startsWith(USER_PREFIX)) {
      // A user's own channel is for that user alone, and nobody speaks there but servers, whatever a rule for `*` says.
      if (action === "subscribe") return identity !== undefined && channel === userChannel(identity.user);
      if (!rule?.pattern.startsWith(USER_PREFIX)) return false;
    }
    if (rule) return rule[action] === "anyone";
    if (!this.#isIdentityOn) return true;
    return identity !== undefined && this.#openPatterns.some((pattern) => matchesPattern(pattern, channel));
  }
}
