/** Where a Redis is and how to sign in there, read from a URL or from parts, with faults as sentences. */

export interface RedisTarget {
  readonly host: string;
  readonly port: number;
  readonly username?: string;
  readonly password?: string;
  readonly tls: boolean;
  /** Database number. Pub/Sub does not know it; streams do. */
  readonly db: number;
}

/** The one that is tried when none is named. */
export const DEFAULT_REDIS: RedisTarget = { host: "127.0.0.1", port: 6379, tls: false, db: 0 };

export type RedisTargetResult =
  | { readonly ok: true; readonly target: RedisTarget }
  | { readonly ok: false; readonly fault: string };

/** Reads `redis://[[user]:password@]host[:port][/db]`, or `rediss://` for TLS. */
export function parseRedisUrl(text: string): RedisTargetResult {
  const url = URL.parse(text);
  if (!url || (url.protocol !== "redis:" && url.protocol !== "rediss:") || url.hostname === "") {
    return fault("must look like redis://[user:password@]host[:port][/db], or rediss:// for TLS");
  }
  if (url.search !== "" || url.hash !== "") return fault("takes no query and no fragment");
  const db = /^\/?$/.test(url.pathname)
    ? 0
    : /^\/\d{1,4}$/.test(url.pathname)
      ? Number(url.pathname.slice(1))
      : undefined;
  if (db === undefined) return fault("ends in a database number or in nothing");
  const username = decode(url.username);
  const password = decode(url.password);
  if (username === undefined || password === undefined) {
    return fault("has a user name or a password that is not percent-encoded");
  }
  return {
    ok: true,
    target: {
      host: url.hostname.replace(/^\[|\]$/g, ""),
      port: url.port === "" ? DEFAULT_REDIS.port : Number(url.port),
      ...(username !== "" && { username }),
      ...(password !== "" && { password }),
      tls: url.protocol === "rediss:",
      db,
    },
  };
}

/** Names a target for people and logs. Never holds the user name or the password. */
export function describeRedis({ host, port, tls, db }: RedisTarget): string {
  const address = host.includes(":") ? `[${host}]` : host;
  return `${tls ? "rediss" : "redis"}://${address}:${port}${db === 0 ? "" : `/${db}`}`;
}

/**
 * Reads REDIS_URL, or REDIS_HOST, REDIS_PORT, REDIS_USERNAME and REDIS_PASSWORD. Empty means unset.
 * `target` is absent when the environment names no Redis; each fault names its variable.
 */
export function redisFromEnvironment(env: Readonly<Record<string, string | undefined>>): {
  readonly target?: RedisTarget;
  readonly faults: readonly string[];
} {
  const { REDIS_URL, REDIS_HOST, REDIS_PORT, REDIS_USERNAME, REDIS_PASSWORD } = env;
  if (REDIS_URL) {
    const result = parseRedisUrl(REDIS_URL);
    return result.ok ? { target: result.target, faults: [] } : { faults: [`REDIS_URL ${result.fault}`] };
  }
  if (!REDIS_HOST && !REDIS_PORT && !REDIS_USERNAME && !REDIS_PASSWORD) return { faults: [] };
  const port = REDIS_PORT ? parsePort(REDIS_PORT) : DEFAULT_REDIS.port;
  if (port === undefined) return { faults: ["REDIS_PORT must be a number from 1 to 65535"] };
  return {
    target: {
      ...DEFAULT_REDIS,
      host: REDIS_HOST || DEFAULT_REDIS.host,
      port,
      ...(REDIS_USERNAME && { username: REDIS_USERNAME }),
      ...(REDIS_PASSWORD && { password: REDIS_PASSWORD }),
    },
    faults: [],
  };
}

function parsePort(text: string): number | undefined {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  return port >= 1 && port <= 65_535 ? port : undefined;
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function fault(sentence: string): RedisTargetResult {
  return { ok: false, fault: sentence };
}
