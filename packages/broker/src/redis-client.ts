/** Opens connections to Redis with the settings that Tidewire's promises need. */
import { Redis, ReplyError } from "ioredis";
import { type BrokerError, type Failure, failure, type Result, success } from "./broker.ts";
import { describeRedis, type RedisTarget } from "./redis-target.ts";

/** How long a connection may take to open, in milliseconds. */
const CONNECT_TIMEOUT_MS = 2_000;
/** How long a command may wait for its answer, in milliseconds. */
export const COMMAND_TIMEOUT_MS = 5_000;
/** How long a goodbye may take, in milliseconds, before the socket is cut. */
const DISCONNECT_TIMEOUT_MS = 100;
/** Longest pause between two attempts to connect, in milliseconds. */
const MAX_RETRY_DELAY_MS = 1_000;
const FIRST_RETRY_DELAY_MS = 50;

const SILENCE = Object.assign(new Error("connect ETIMEDOUT"), { code: "ETIMEDOUT" });

export interface RedisClientOptions {
  readonly target: RedisTarget;
  /** Shown by CLIENT LIST. */
  readonly name: string;
  /** Whether to connect again after a loss. */
  readonly reconnects: boolean;
  /** A number from 0 up to 1, for the jitter. */
  readonly random: () => number;
  /** How long a command may wait for its answer, in milliseconds, before it counts as unconfirmed. @default 5000 */
  readonly commandTimeoutMs?: number | undefined;
}

/**
 * A connection that hides nothing: commands fail when the link is down or breaks (no queue, no silent repeat of
 * a write whose answer was lost), and subscriptions are restored by their owner, who must know when that is done.
 */
export function connectRedis(options: RedisClientOptions): Redis {
  const { target, name, reconnects, random, commandTimeoutMs = COMMAND_TIMEOUT_MS } = options;
  const { host, port, username, password, tls, db } = target;
  return new Redis({
    host,
    port,
    db,
    ...(username !== undefined && { username, password: "" }),
    ...(password !== undefined && { password }),
    ...(tls && { tls: {} }),
    connectionName: name,
    connectTimeout: CONNECT_TIMEOUT_MS,
    disconnectTimeout: DISCONNECT_TIMEOUT_MS,
    commandTimeout: commandTimeoutMs,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    autoResubscribe: false,
    maxRetriesPerRequest: 0,
    retryStrategy: (attempt) =>
      reconnects ? random() * Math.min(MAX_RETRY_DELAY_MS, FIRST_RETRY_DELAY_MS * 2 ** attempt) : null,
  });
}

/**
 * Opens one connection, without a second try. Fails with `refused` when a Redis is there and says no, to the
 * password for example, and with `unavailable` when none has answered within {@link CONNECT_TIMEOUT_MS}.
 */
export async function openRedis(target: RedisTarget, name: string): Promise<Result<Redis>> {
  const client = connectRedis({ target, name, reconnects: false, random: Math.random });
  const { promise, resolve } = Promise.withResolvers<Result<Redis>>();
  const fail = (error: unknown) => {
    const message = describeRedisError(error, target);
    resolve(failure(isRedisAnswer(error) ? "refused" : "unavailable", message));
  };
  const deadline = setTimeout(() => fail(SILENCE), CONNECT_TIMEOUT_MS);
  client.once("ready", () => resolve(success(client)));
  client.on("error", fail);
  client.once("end", () => fail(new Error("the connection was closed")));
  const result = await promise;
  clearTimeout(deadline);
  if (!result.ok) client.disconnect();
  return result;
}

/** Whether Redis itself answered no, as opposed to a link that broke. */
export function isRedisAnswer(error: unknown): error is Error {
  return error instanceof ReplyError;
}

/** Whether Redis says that this user may not. All else that it answers (busy, loading, out of memory) may pass. */
export function isForbidden(error: unknown): error is Error {
  // The second is what Redis 7.0 says of a command inside a script.
  return isRedisAnswer(error) && /^(NOPERM|ERR The user executing the script can't) /.test(error.message);
}

/** Whether this user may not run scripts at all. */
export function isScriptForbidden(error: unknown): boolean {
  return isRedisAnswer(error) && error.message.startsWith("NOPERM");
}

/** Whether a script of streams has ended with a no for good. */
function isNoStream(error: unknown): boolean {
  return isRedisAnswer(error) && /^(WRONGTYPE|NOSTREAMS) /.test(error.message);
}

/** Turns what a command threw into a value. */
export function commandFailure(error: unknown, target: RedisTarget): Failure {
  return failure(codeOf(error), describeRedisError(error, target));
}

function codeOf(error: unknown): BrokerError["code"] {
  if (isForbidden(error) || isNoStream(error)) return "refused";
  const isUnsent = error instanceof Error && error.message.startsWith("Stream isn't writeable");
  // Whatever Redis answers but that it was done, it was not.
  return isUnsent || isRedisAnswer(error) ? "unavailable" : "unconfirmed";
}

/** A sentence for the operator: what is wrong with this Redis. Never holds a secret. */
export function describeRedisError(error: unknown, target: RedisTarget): string {
  const where = describeRedis(target);
  const text = error instanceof Error ? error.message : String(error);
  if (/^(WRONGPASS|NOAUTH|ERR AUTH|ERR invalid password)/.test(text)) {
    const hint =
      target.password === undefined ? "it wants a password" : "it refused the user name or password";
    return `${where}: ${hint}`;
  }
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (code === "ECONNREFUSED") return `${where}: nothing listens there (connection refused)`;
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") return `${where}: the host name is not known`;
  if (code === "ETIMEDOUT") {
    return `${where}: no answer within ${CONNECT_TIMEOUT_MS} ms${target.tls ? " (does it speak TLS?)" : ""}`;
  }
  if (text.startsWith("Unknown RESP type")) return `${where}: what answers there does not speak Redis`;
  return `${where}: ${text === "" ? code || "the connection failed" : text}`;
}
