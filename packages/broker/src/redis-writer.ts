/** What a business server does with Redis: PUBLISH and XADD over one connection, and the bell that tells of an XADD. */
import { type Result, success } from "./broker.ts";
import { commandFailure, openRedis } from "./redis-client.ts";
import { bellName, OWN_PREFIX } from "./redis-names.ts";
import type { RedisTarget } from "./redis-target.ts";

export interface RedisWriter {
  /** PUBLISH, the bytes bare; the value is how many subscribers Redis counted. */
  publish(channel: string, payload: Buffer): Promise<Result<number>>;
  /** XADD with the one field `message`, which gateways are told of; the value is the entry's id. */
  append(stream: string, payload: Buffer): Promise<Result<string>>;
  /** Whether gateways read this channel from its stream, so that a PUBLISH would be given to nobody. */
  isStream(channel: string): Promise<boolean>;
  close(): void;
}

export interface RedisWriterOptions {
  readonly target: RedisTarget;
  /** Goes before every name on Redis. @default "" */
  readonly prefix?: string;
}

/** Connects once; see {@link openRedis} for how it fails. */
export async function openRedisWriter(options: RedisWriterOptions): Promise<Result<RedisWriter>> {
  const { target, prefix = "" } = options;
  const opened = await openRedis(target, "tidewire-writer");
  if (!opened.ok) return opened;
  const client = opened.value;

  async function run<Value>(command: Promise<Value>): Promise<Result<Value>> {
    try {
      return success(await command);
    } catch (error) {
      return commandFailure(error, target);
    }
  }

  async function append(stream: string, payload: Buffer): Promise<string> {
    const added = client.call("XADD", prefix + stream, "*", "message", payload);
    // It only saves time: without it gateways find the entry at their next check.
    const rung = client.publish(prefix + OWN_PREFIX + bellName(stream), "").catch(() => 0);
    const [id] = await Promise.all([added, rung]);
    return String(id);
  }

  // Where the question is forbidden, there is no answer to go by.
  async function isStream(channel: string): Promise<boolean> {
    const [, count] = await client.pubsub("NUMSUB", prefix + OWN_PREFIX + bellName(channel)).catch(() => []);
    return Number(count ?? 0) > 0;
  }

  return success({
    isStream,
    publish: (channel, payload) => run(client.publish(prefix + channel, payload)),
    append: (stream, payload) => run(append(stream, payload)),
    close: () => client.disconnect(),
  });
}
