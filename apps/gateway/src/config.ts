/**
 * The configuration: a flag beats the environment beats the file, and empty means unset.
 *
 * Invariant: either all of it is sound, or every fault is reported at once, each naming where it stands.
 */
import { parseRedisUrl, redisFromEnvironment, type RedisTarget } from "@tidewire/broker";
import { channelFault, DEFAULT_CHANNEL, PatternMap } from "@tidewire/protocol";
import ms from "ms";
import { isLoopback } from "./access.ts";
import { type ApiKey, ApiKeyInput } from "./api-keys.ts";
import { readChannels } from "./channel-config.ts";
import { type ChannelRuleInput, isStream } from "./channel-rules.ts";
import { rangeFault } from "./client-address.ts";
import { commaList } from "./comma-list.ts";
import { type ConfigFile, readConfigFile } from "./config-file.ts";
import { type Flags, parseFlags } from "./flags.ts";
import { type HooksConfig, readHooks } from "./hook-config.ts";
import { type IdentityConfig, readIdentity } from "./identity-config.ts";
import { Limits } from "./limits.ts";
import type { Timer } from "./timers.ts";

/** Shortest and longest interval of a timer, in milliseconds. */
const MIN_TIMER_MS = 100;
const MAX_TIMER_MS = 604_800_000;

export interface Config {
  /** Address to bind. @default "127.0.0.1" */
  readonly host: string;
  /** Port to bind; 0 lets the system choose. @default 1234 */
  readonly port: number;
  /** The Redis that was named; without one, see choose-broker.ts. */
  readonly redis: RedisTarget | undefined;
  /** Goes before every name on Redis. @default "" */
  readonly redisPrefix: string;
  /** Whether a restart of Redis loses nothing that it has confirmed, so that positions stay good. @default false */
  readonly isRedisDurable: boolean;
  /** The channel of plain clients that name none. @default "channel" */
  readonly channel: string;
  /** Goes before every text that a plain client sends. @default "" */
  readonly textPrefix: string;
  /** Origins whose pages may open WebSockets. @default [] any */
  readonly allowedOrigins: readonly string[];
  /** Proxies whose word on a client's address is taken. @default [] none */
  readonly trustProxy: readonly string[];
  /** Published by all gateways together, each tick once. @default [] */
  readonly timers: readonly Timer[];
  /** Guard the server API. Without any only local programs are answered. @default [] */
  readonly apiKeys: readonly ApiKey[];
  /** Serves strangers though nobody signs in. @default false */
  readonly isInsecure: boolean;
  /** How clients sign in. Without it nobody does, and every channel is open unless a rule says otherwise. */
  readonly identity: IdentityConfig | undefined;
  /** The application that is asked what clients may do. Without it none is. */
  readonly hooks: HooksConfig | undefined;
  /** What channels are and clients may do there, by pattern. @default those of a chat; see channel-config.ts */
  readonly channels: Readonly<Record<string, ChannelRuleInput>>;
  readonly limits: Limits;
}

export type Environment = Readonly<Record<string, string | undefined>>;

export type ConfigResult =
  | { readonly kind: "config"; readonly config: Config }
  | { readonly kind: "faults"; readonly faults: readonly string[] }
  /** The caller asked for help or the version, and this is the answer. */
  | { readonly kind: "text"; readonly text: string };

/** @param argv the arguments alone, without the program's name */
export function readConfig(argv: readonly string[], env: Environment): ConfigResult {
  const parsed = parseFlags(argv);
  if (parsed.text !== undefined) return { kind: "text", text: parsed.text };
  const file = readConfigFile(parsed.flags.config, env["INIT_CWD"] ?? process.cwd());
  const faults = [...parsed.faults, ...file.faults];
  const config = combine(parsed.flags, env, file.values, faults);
  return faults.length > 0 ? { kind: "faults", faults } : { kind: "config", config };
}

function combine(flags: Flags, env: Environment, file: ConfigFile, faults: string[]): Config {
  const host = pick(["--host", flags.host], ["HOST", env["HOST"]], ["host", file.host]);
  const port = pick(["--port", flags.port], ["PORT", env["PORT"]], ["port", file.port]);
  const stream = pick(["--stream", flags.stream], ["stream", file.stream]);
  const channel = pick(["--channel", flags.channel], ["channel", file.channel]);
  if (stream && channel) faults.push(`${stream[0]} and ${channel[0]}: give one of them, not both`);
  const prefix = pick(["REDIS_PREFIX", env["REDIS_PREFIX"]], ["redisPrefix", file.redisPrefix]);
  const textPrefix = pick(["--text-prefix", flags.textPrefix], ["textPrefix", file.textPrefix]);
  const apiKeys = checkedKeys(pick(["API_KEY", env["API_KEY"]], ["apiKey", file.apiKey]), file, faults);
  const isInsecure = flags.insecure ?? file.insecure ?? false;

  const identity = readIdentity(file.identity, env, faults);
  const channels = readChannels(file, identity !== undefined, stream, faults);
  return {
    host: checkedHost(host, isInsecure || (identity !== undefined && apiKeys.length > 0), faults),
    port: checkedPort(port, faults),
    redis: checkedRedis(flags, env, file, faults),
    redisPrefix: checkedPrefix(prefix, faults),
    isRedisDurable: typeof file.redis === "object" && file.redis.durable,
    channel: checkedChannel(stream ?? channel, faults),
    textPrefix: String(textPrefix?.[1] ?? ""),
    allowedOrigins: checkedOrigins(env, file, faults),
    trustProxy: checkedProxies(env, file, apiKeys, faults),
    timers: checkedTimers(file, channels, faults),
    apiKeys,
    isInsecure,
    identity,
    hooks: readHooks(file, env, faults),
    channels,
    limits: file.limits ?? Limits.parse({}),
  };
}

type Source = readonly [name: string, value: string | number | undefined];
type Picked = Source | undefined;

/** The first source that says something, strongest first. */
function pick(...sources: readonly Source[]): Picked {
  return sources.find(([, value]) => value !== undefined && value !== "");
}

function checkedHost(picked: Picked, isProtected: boolean, faults: string[]): string {
  const host = String(picked?.[1] ?? "127.0.0.1");
  if (!isLoopback(host) && !isProtected) {
    faults.push(
      `${picked?.[0]} ${host} would serve everybody who can reach it: set JWT_SECRET or JWKS_URL, and API_KEY; or bind 127.0.0.1; or say --insecure`,
    );
  }
  return host;
}

function checkedPort(picked: Picked, faults: string[]): number {
  if (!picked) return 1234;
  const port = /^\d{1,5}$/.test(String(picked[1])) ? Number(picked[1]) : Number.NaN;
  if (!(port <= 65_535)) faults.push(`${picked[0]} must be a number from 0 to 65535`);
  return port;
}

function checkedChannel(picked: Picked, faults: string[]): string {
  const channel = String(picked?.[1] ?? DEFAULT_CHANNEL);
  const fault = channelFault(channel);
  if (fault) faults.push(`${picked?.[0]}: ${fault}`);
  return channel;
}

/** A list: separated by commas in the environment, or from the file. */
function listOf(
  [variable, env]: readonly [string, Environment],
  [key, items = []]: readonly [string, readonly string[] | undefined],
): { readonly name: string; readonly items: readonly string[] } {
  const fromEnv = commaList(env[variable]);
  return fromEnv.length > 0 ? { name: variable, items: fromEnv } : { name: key, items };
}

// Behind a proxy every caller's peer is the proxy, so "a local program" means nothing any more.
function checkedProxies(
  env: Environment,
  file: ConfigFile,
  apiKeys: readonly ApiKey[],
  faults: string[],
): readonly string[] {
  const { name, items } = listOf(["TRUST_PROXY", env], ["trustProxy", file.trustProxy]);
  for (const range of items) {
    const fault = rangeFault(range);
    if (fault) faults.push(`${name}: ${fault}`);
  }
  if (items.length > 0 && apiKeys.length === 0)
    faults.push(`${name} needs API_KEY: behind a proxy everybody looks local`);
  return items;
}

function checkedTimers(
  file: ConfigFile,
  channels: Readonly<Record<string, ChannelRuleInput>>,
  faults: string[],
): readonly Timer[] {
  const rules = new PatternMap(Object.entries(channels));
  const timers = (file.timers ?? []).map(({ channel, every, data }) => {
    const fault = channelFault(channel);
    if (fault) faults.push(`timers: ${channel}: ${fault}`);
    const everyMs = /^\d.*[a-z]$/i.test(every) ? (ms(every as ms.StringValue) ?? 0) : 0;
    if (!Number.isInteger(everyMs) || everyMs < MIN_TIMER_MS || everyMs > MAX_TIMER_MS) {
      faults.push(`timers: ${channel}: every must be a time from 100ms to 7d, such as "10s"`);
    }
    if (isStream(rules.get(channel))) {
      faults.push(`timers: ${channel}: is a stream channel; timers publish on live channels only`);
    }
    return { channel, everyMs, data };
  });
  if (new Set(timers.map((timer) => JSON.stringify(timer))).size < timers.length) {
    faults.push("timers: the same timer stands there twice");
  }
  return timers;
}

/** The one key that is good for everything, and the named ones. */
function checkedKeys(picked: Picked, { apiKeys = [] }: ConfigFile, faults: string[]): readonly ApiKey[] {
  const names = new Set(apiKeys.map(({ name }) => name));
  if (names.size < apiKeys.length) faults.push("apiKeys: two keys have the same name");
  if (!picked) return apiKeys;
  const [name, key] = picked;
  const parsed = ApiKeyInput.safeParse({ name, key: String(key) });
  if (!parsed.success) faults.push(`${name} must be ASCII without white space`);
  return parsed.success ? [parsed.data, ...apiKeys] : apiKeys;
}

// The names of channels come back from Redis as bytes, and are compared as ASCII.
function checkedPrefix(picked: Picked, faults: string[]): string {
  const prefix = String(picked?.[1] ?? "");
  if (!/^[!-~]*$/.test(prefix)) faults.push(`${picked?.[0]} must be ASCII without white space`);
  return prefix;
}

function checkedRedis(
  flags: Flags,
  env: Environment,
  file: ConfigFile,
  faults: string[],
): RedisTarget | undefined {
  const fromUrl = (name: string, url: string) => {
    const result = parseRedisUrl(url);
    if (result.ok) return result.target;
    faults.push(`${name} ${result.fault}`);
    return undefined;
  };
  if (flags.redis) return fromUrl("--redis", flags.redis);
  const { target, faults: envFaults } = redisFromEnvironment(env);
  faults.push(...envFaults);
  if (target ?? envFaults.length > 0) return target;
  const url = typeof file.redis === "object" ? file.redis.url : file.redis;
  return url ? fromUrl("redis", url) : undefined;
}

function checkedOrigins(env: Environment, file: ConfigFile, faults: string[]): readonly string[] {
  const { name, items: origins } = listOf(["ALLOWED_ORIGINS", env], ["allowedOrigins", file.allowedOrigins]);
  for (const origin of origins) {
    if (URL.parse(origin)?.origin !== origin) {
      faults.push(`${name}: "${origin}" is not an origin such as https://example.com`);
    }
  }
  return origins;
}
