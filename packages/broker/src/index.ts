/** @tidewire/broker: what joins gateways, in memory or over Redis. The only package that knows a Redis client. */
export {
  type Answer,
  type Answers,
  type Broker,
  type BrokerError,
  type BrokerHandlers,
  type Lease,
  type LeaseOutcome,
  type Link,
  MAX_ANSWER_BYTES,
  MAX_OPEN_QUESTIONS,
  MAX_QUESTION_BYTES,
  type Notice,
  type Once,
  type OnceOutcome,
  type Peer,
  type Publication,
  type Question,
  type Result,
  type Tick,
  type TickOutcome,
} from "./broker.ts";
export { createMemoryBroker } from "./memory-broker.ts";
export { createRedisBroker, type RedisBrokerOptions } from "./redis-broker.ts";
export { compareIds, formatPosition, NO_DIGEST, parsePosition } from "./position.ts";
export {
  judgeNotice,
  LINKS_RETURN_MS,
  MAX_INFO_BYTES,
  MAX_MEMBER_BYTES,
  MAX_PAGE_MEMBERS,
  type Member,
  type MembersPage,
  type MembersRequest,
  type Presence,
  type PresenceChange,
  type PresenceHandlers,
  type PresenceNotice,
  type PresenceVersion,
} from "./presence.ts";
export { probeRedis } from "./redis-probe.ts";
export {
  DEFAULT_REDIS,
  describeRedis,
  parseRedisUrl,
  redisFromEnvironment,
  type RedisTarget,
} from "./redis-target.ts";
export type {
  AppendOptions,
  AppendOutcome,
  Entry,
  FollowOptions,
  Page,
  Position,
  ReadRequest,
  Retention,
  Streams,
  StreamsHandlers,
  StreamsOptions,
  Stretch,
} from "./streams.ts";
export { openRedisWriter, type RedisWriter, type RedisWriterOptions } from "./redis-writer.ts";
