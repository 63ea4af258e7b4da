/** The configuration file: JSON, checked whole, its faults as sentences. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { z } from "zod";
import { ApiKeyInput } from "./api-keys.ts";
import { ChannelRuleInput } from "./channel-rules.ts";
import { HooksInput } from "./hook-config.ts";
import { IdentityInput } from "./identity-config.ts";
import { Limits } from "./limits.ts";
import { zodFaults } from "./zod-fault.ts";

const RedisInput = z.strictObject({
  url: z.string().optional(),
  /** Whether a restart loses nothing that was confirmed. @default false */
  durable: z.boolean().default(false),
});

/** What the file may hold; see Config for meanings and defaults. An unknown key is a fault. */
export const ConfigFile = z
  .strictObject({
    host: z.string(),
    port: z.int().min(0).max(65_535),
    redis: z.union([z.string(), RedisInput]),
    redisPrefix: z.string(),
    channel: z.string(),
    stream: z.string(),
    textPrefix: z.string(),
    allowedOrigins: z.array(z.string()),
    apiKey: z.string(),
    apiKeys: z.array(ApiKeyInput),
    trustProxy: z.array(z.string()),
    timers: z.array(z.strictObject({ channel: z.string(), every: z.string(), data: z.string() })),
    insecure: z.boolean(),
    identity: IdentityInput,
    hooks: HooksInput,
    channels: z.record(z.string(), ChannelRuleInput),
    limits: Limits,
  })
  .partial();

export type ConfigFile = Partial<z.infer<typeof ConfigFile>>;

/** @param folder what a relative path starts from: where the operator stood, not where the package is */
export function readConfigFile(
  path: string | undefined,
  folder: string,
): { readonly values: ConfigFile; readonly faults: readonly string[] } {
  if (!path) return { values: {}, faults: [] };
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(resolve(folder, path), "utf8"));
  } catch (error) {
    return { values: {}, faults: [`${path}: ${reasonOf(error)}`] };
  }
  const parsed = ConfigFile.safeParse(json);
  if (parsed.success) return { values: withoutUndefined(parsed.data), faults: [] };
  return { values: {}, faults: zodFaults(parsed.error, ConfigFile).map((fault) => `${path}: ${fault}`) };
}

// The words of a syntax error quote the file, and the file may hold a key.
function reasonOf(error: unknown): string {
  if (!(error instanceof SyntaxError)) return `can't be read (${errorCode(error)})`;
  const place = /\(?line \d+ column \d+\)?/.exec(error.message)?.[0];
  return `is not JSON${place ? ` (${place.replaceAll(/[()]/g, "")})` : ""}`;
}

// zod says `| undefined` of optional keys; here a key is there or not.
function withoutUndefined(values: z.infer<typeof ConfigFile>): ConfigFile {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as ConfigFile;
}

function errorCode(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}
