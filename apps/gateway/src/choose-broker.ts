/** Which broker joins this gateway to others: the Redis that was named, the one found, or none. */
import {
  type Broker,
  type BrokerHandlers,
  createMemoryBroker,
  createRedisBroker,
  DEFAULT_REDIS,
  describeRedis,
  probeRedis,
  type RedisTarget,
  type StreamsOptions,
} from "@tidewire/broker";
import type { Log } from "./log.ts";

/** How often a gateway on the embedded broker looks whether a Redis has appeared, in milliseconds. */
const LOOK_INTERVAL_MS = 10_000;

export interface BrokerChoice {
  /** One line for people: which broker, and why. */
  readonly line: string;
  readonly create: (handlers: BrokerHandlers) => Broker;
  /** Looks after the choice while the gateway runs; call the answer to stop. */
  readonly watch: (log: Log) => () => void;
}

export type BrokerChoiceResult =
  | { readonly ok: true; readonly choice: BrokerChoice }
  | { readonly ok: false; readonly fault: string };

export interface BrokerChoiceOptions {
  /** The Redis that the operator named: the only one used, reachable or not. */
  readonly named: RedisTarget | undefined;
  readonly prefix: string;
  /** How streams on Redis are looked after. */
  readonly streams?: StreamsOptions;
  /** Where to look when none is named. @default redis://127.0.0.1:6379 */
  readonly fallback?: RedisTarget;
  /** @default LOOK_INTERVAL_MS */
  readonly lookIntervalMs?: number;
}

/** Fails when a Redis is there and refuses: a wrong password must not end in messages that reach nobody. */
export async function chooseBroker(options: BrokerChoiceOptions): Promise<BrokerChoiceResult> {
  const { named, fallback = DEFAULT_REDIS, lookIntervalMs = LOOK_INTERVAL_MS } = options;
  const target = named ?? fallback;
  const where = describeRedis(target);
  const probed = await probeRedis(target);
  if (!probed.ok && probed.error.code === "refused") return { ok: false, fault: probed.error.message };
  if (named && !probed.ok)
    return chosen(redis(options, target, `${probed.error.message}; trying again until it answers`));
  if (probed.ok) return chosen(redis(options, target, named ? where : `${where}, found on the default port`));
  return chosen({
    line: `embedded, this process alone (no Redis was named, and none answers at ${where})`,
    create: createMemoryBroker,
    watch: (log) => watchFor(fallback, lookIntervalMs, log),
  });
}

function redis(
  { prefix, streams = {} }: BrokerChoiceOptions,
  target: RedisTarget,
  line: string,
): BrokerChoice {
  return {
    line,
    create: (handlers) => createRedisBroker({ target, prefix, streams }, handlers),
    watch: () => () => {},
  };
}

function chosen(choice: BrokerChoice): BrokerChoiceResult {
  return { ok: true, choice };
}

// It does not move over by itself: clients of the embedded broker would lose what was published in between.
function watchFor(target: RedisTarget, intervalMs: number, log: Log): () => void {
  let isStopped = false;
  const look = async () => {
    const probed = await probeRedis(target);
    if (isStopped) return;
    if (probed.ok || probed.error.code === "refused") {
      log.warn(`a Redis has appeared at ${describeRedis(target)}; restart the gateway to use it`);
    } else {
      wait();
    }
  };
  const wait = () => setTimeout(() => void look(), intervalMs).unref();
  wait();
  return () => {
    isStopped = true;
  };
}
