/** What one call of `publish` is to do, read from its arguments and environment; every fault at once. */
import { DEFAULT_REDIS, parseRedisUrl, redisFromEnvironment, type RedisTarget } from "@tidewire/broker";
import { channelFault, userChannel } from "@tidewire/protocol";
import ms from "ms";
import { type Arguments, parseArguments } from "./arguments.ts";
import { DEFAULT_GATEWAY, type Environment, readApiKey, readGatewayUrl } from "./gateway.ts";

/** Where to publish. `search`: that Redis, and if nobody is reached there, that gateway. */
export type Destination =
  | { readonly kind: "redis"; readonly target: RedisTarget }
  | { readonly kind: "gateway"; readonly url: URL }
  | { readonly kind: "search"; readonly redis: RedisTarget; readonly gateway: URL };

/** The longest time that a timer of Node.js can wait, in milliseconds. */
const MAX_TIMER_MS = 2_147_483_647;

/** Where Redis and a gateway are found when neither is named. */
const SEARCH: Destination = { kind: "search", redis: DEFAULT_REDIS, gateway: DEFAULT_GATEWAY };

/** What to publish. A source without `count` goes on until it is stopped. */
export type Source =
  | { readonly kind: "lines" }
  | { readonly kind: "repeat"; readonly data: string; readonly everyMs: number; readonly count?: number };

export interface Plan {
  readonly destination: Destination;
  readonly source: Source;
  readonly channel: string;
  /** XADD to a stream instead of PUBLISH. */
  readonly isStream: boolean;
  /** One JSON object for each message instead of words. */
  readonly isJson: boolean;
  /** Goes before every name on Redis. */
  readonly prefix: string;
  /** For a gateway that wants one. */
  readonly apiKey: string | undefined;
}

export type PlanResult =
  | { readonly kind: "plan"; readonly plan: Plan }
  | { readonly kind: "faults"; readonly faults: readonly string[] }
  /** The caller asked for help or the version, and this is the answer. */
  | { readonly kind: "text"; readonly text: string };

export interface Surroundings {
  readonly env: Environment;
  /** Whether the standard input is a terminal: then no data can come from it. */
  readonly isInputTerminal: boolean;
}

/** @param argv the arguments alone, without the program's name */
export function readPlan(argv: readonly string[], { env, isInputTerminal }: Surroundings): PlanResult {
  const parsed = parseArguments(argv);
  if (parsed.text !== undefined) return { kind: "text", text: parsed.text };
  const faults = [...parsed.faults];
  const { words, options } = parsed;
  // With --user the channel is known, and the first word is the data.
  const [channel, data, ...rest] =
    options.user === undefined ? words : [userOf(options.user, faults), ...words];
  if (rest.length > 0) faults.push("too many arguments: quote data that holds spaces");
  const fault = channel === undefined ? "name a channel, or --user" : channelFault(channel);
  if (fault) faults.push(fault);
  const plan: Plan = {
    destination: destinationOf(options, env, faults),
    source: sourceOf(options, data, isInputTerminal, faults),
    channel: channel ?? "",
    isStream: options.stream ?? false,
    isJson: options.json ?? false,
    prefix: env["REDIS_PREFIX"] ?? "",
    apiKey: readApiKey(env, faults),
  };
  return faults.length > 0 ? { kind: "faults", faults } : { kind: "plan", plan };
}

function userOf(id: string, faults: string[]): string {
  if (id === "") faults.push("--user takes a user's id");
  return userChannel(id);
}

function destinationOf(options: Arguments, env: Environment, faults: string[]): Destination {
  if (options.redis && options.gateway) faults.push("name --redis or --gateway, not both");
  if (options.gateway) {
    if (options.stream) faults.push("--stream writes to Redis: it does not go with --gateway");
    return { kind: "gateway", url: readGatewayUrl(options.gateway, faults) };
  }
  if (options.redis) {
    const result = parseRedisUrl(options.redis);
    if (result.ok) return { kind: "redis", target: result.target };
    faults.push(`--redis ${result.fault}`);
  }
  const named = redisFromEnvironment(env);
  faults.push(...named.faults);
  return named.target ? { kind: "redis", target: named.target } : SEARCH;
}

function sourceOf(
  options: Arguments,
  data: string | undefined,
  isInputTerminal: boolean,
  faults: string[],
): Source {
  const everyMs = durationOf(options.every, faults);
  const count = countOf(options.count, faults);
  const isRepeated = options.every !== undefined || options.count !== undefined;
  if (data === "-" || (data === undefined && !isInputTerminal)) {
    if (isRepeated) faults.push("--every and --count repeat one message: give it as an argument");
    return { kind: "lines" };
  }
  if (data === undefined) faults.push('name the data, or "-" to read lines');
  const endless = options.every !== undefined && count === undefined;
  return { kind: "repeat", data: data ?? "", everyMs, ...(!endless && { count: count ?? 1 }) };
}

function durationOf(text: string | undefined, faults: string[]): number {
  if (text === undefined) return 0;
  // A bare number would be milliseconds to some and seconds to others.
  const duration = /^\d.*[a-z]$/i.test(text) ? ms(text as ms.StringValue) : undefined;
  if (duration !== undefined && duration > 0 && duration <= MAX_TIMER_MS) return duration;
  faults.push('--every must be a time such as "500ms", "10s" or "1h", at most 24 days');
  return 0;
}

function countOf(text: string | undefined, faults: string[]): number | undefined {
  if (text === undefined) return undefined;
  if (!/^[1-9]\d{0,8}$/.test(text)) faults.push("--count must be a whole number from 1");
  return Number(text);
}
