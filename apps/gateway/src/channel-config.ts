/** Reads the key `channels` of the configuration: the operator's rules, or without any those that a chat needs. */
import { patternFault, PatternMap } from "@tidewire/protocol";
import { ChannelRuleInput } from "./channel-rules.ts";
import type { ConfigFile } from "./config-file.ts";

type Rules = Readonly<Record<string, ChannelRuleInput>>;

/**
 * @param isIdentityOn whether clients sign in
 * @param stream the value with which a stream was named as everybody's channel
 */
export function readChannels(
  { channels }: ConfigFile,
  isIdentityOn: boolean,
  stream: readonly [name: string, value: string | number | undefined] | undefined,
  faults: string[],
): Rules {
  for (const [pattern, rule] of Object.entries(channels ?? {})) {
    for (const fault of faultsOf(pattern, rule, isIdentityOn))
      faults.push(`channels: "${pattern}": ${fault}`);
  }
  const rules = channels ?? chatRules(isIdentityOn);
  return stream ? withStream(rules, String(stream[1])) : rules;
}

function faultsOf(
  pattern: string,
  { stream, history, tail, subscribe, publish }: ChannelRuleInput,
  isIdentityOn: boolean,
): readonly string[] {
  const faults: string[] = [];
  const fault = patternFault(pattern);
  if (fault) faults.push(fault);
  if (stream === false && (history || tail)) faults.push("history and tail are of streams only");
  if (subscribe === "named" || publish === "named") {
    if (!isIdentityOn) faults.push('nobody is "named" where nobody signs in: set JWT_SECRET or JWKS_URL');
    if (!pattern.endsWith("*")) faults.push('users are "named" after a pattern that ends in *');
  }
  return faults;
}

/** What the page that a gateway serves uses, so that it needs no configuration. Others than the named have no rule. */
function chatRules(isIdentityOn: boolean): Rules {
  const named = isIdentityOn ? "named" : "anyone";
  return {
    // Rooms, to write and to see who is there.
    "chat:*": ChannelRuleInput.parse({ presence: true, history: { size: 1_000, ttl: "7d" } }),
    // Conversations of the users that are named, as in dm:7,8.
    "dm:*": ChannelRuleInput.parse({
      subscribe: named,
      publish: named,
      presence: true,
      history: { size: 1_000, ttl: "30d" },
    }),
    // Where a user is told that a conversation has begun.
    "inbox:*": ChannelRuleInput.parse({ subscribe: named, history: { size: 100, ttl: "30d" } }),
  };
}

/** The stream that was named is kept and read as it grows; all else that its rule says stays. */
function withStream(rules: Rules, name: string): Rules {
  const rule = new PatternMap(Object.entries(rules)).get(name) ?? ChannelRuleInput.parse({});
  return { ...rules, [name]: { ...rule, stream: true, tail: true } };
}
