/** @tidewire/broker: what joins gateways, in memory or over Redis. The only package that knows a Redis client. */
export {
  type Broker,
  type BrokerError,
  type BrokerHandlers,
  type Link,
  type Notice,
  type Once,
  type OnceOutcome,
  type Publication,
  type Result,
  type Tick,
  type TickOutcome,
} from "./broker.ts";
export { createMemoryBroker } from "./memory-broker.ts";
export { createRedisBroker, type RedisBrokerOptions } from "./redis-broker.ts";
export { probeRedis } from "./redis-probe.ts";
export {
  DEFAULT_REDIS,
  describeRedis,
  parseRedisUrl,
  redisFromEnvironment,
  type RedisTarget,
} from "./redis-target.ts";
export { openRedisWriter, type RedisWriter, type RedisWriterOptions } from "./redis-writer.ts";
