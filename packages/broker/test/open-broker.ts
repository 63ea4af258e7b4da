/** Brokers and raw clients on a Redis of the test, closed when it ends. */
import { Redis } from "ioredis";
import {
  type Broker,
  createRedisBroker,
  parseRedisUrl,
  type RedisBrokerOptions,
  type RedisTarget,
} from "../src/index.ts";
import { Observer } from "./observer.ts";

export function targetOf(url: string): RedisTarget {
  const result = parseRedisUrl(url);
  if (!result.ok) throw new Error(result.fault);
  return result.target;
}

export interface Opened extends AsyncDisposable {
  readonly broker: Broker;
  readonly observer: Observer;
}

type Settings = Pick<RedisBrokerOptions, "commandTimeoutMs" | "checkIntervalMs" | "streams">;

/** A busy machine breaks no link by being slow, and no check of a link is among the commands that a test counts. */
export const PATIENT = { commandTimeoutMs: 60_000, checkIntervalMs: 3_600_000 };

/** One that is {@link PATIENT}, but for the settings. */
export function openBroker(url: string, prefix = "", settings: Settings = {}): Opened {
  const observer = new Observer();
  const broker = createRedisBroker({ target: targetOf(url), prefix, ...PATIENT, ...settings }, observer);
  return { broker, observer, [Symbol.asyncDispose]: () => broker.close() };
}

export async function openReadyBroker(url: string, prefix = "", settings: Settings = {}): Promise<Opened> {
  const opened = openBroker(url, prefix, settings);
  await opened.observer.untilLink(opened.broker, "up");
  return opened;
}

export function openRawClient(url: string) {
  const client = new Redis(url);
  return Object.assign(client, { [Symbol.asyncDispose]: async () => client.disconnect() });
}
