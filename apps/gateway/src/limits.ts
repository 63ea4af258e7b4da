/** Every limit of a gateway: its name, unit, default and what happens at it, in one table. */
import { MAX_PAGE_MEMBERS } from "@tidewire/broker";
import { DEFAULT_MAX_FRAME_BYTES, DEFAULT_MAX_MESSAGE_BYTES } from "@tidewire/protocol";
import { z } from "zod";
import type { Rate } from "./token-bucket.ts";

const MAX_TIMER_MS = 2_147_483_647;

const count = (value: number) => z.int().min(1).max(1_000_000_000).default(value);
const milliseconds = (value: number, least = 0) => z.int().min(least).max(MAX_TIMER_MS).default(value);

const Table = z.strictObject({
  /** Payload of one message, in bytes. Above: close 1009, or 413 over HTTP. */
  maxMessageBytes: count(DEFAULT_MAX_MESSAGE_BYTES),
  /** Payload that another program published or added, in bytes. Above: it is not delivered; a gap is told where it can be. */
  maxDeliveredBytes: count(16_777_216),
  /** One message of a v1 client with all requests in it, in bytes. Above: close 1009. */
  maxFrameBytes: count(DEFAULT_MAX_FRAME_BYTES),
  /** Channels that one connection may be subscribed to. Above: `too_many_subscriptions`. */
  maxSubscriptionsPerConnection: count(1_000),
  /** Frames that one message may come in. Above: close 1008. */
  maxFragments: count(1_024),
  /** Pieces of one frame that may wait for the rest of it. Above: close 1008. */
  maxBufferedChunks: count(4_096),
  /** Pongs that may wait to be sent to one connection. Above, at a flood of pings: its socket is cut. */
  maxPendingPongs: count(60),
  /** Bytes that may wait to be sent to one connection. Above: close 4001. */
  maxBufferedBytesPerConnection: count(4_194_304),
  /** Bytes that may wait to be sent to one connection before it is fed from a stream at its own pace. */
  maxPacedBytesPerConnection: count(262_144),
  /** Newest entries of one stream channel in memory. */
  maxRecentPerStream: count(1_000),
  /** What the newest entries of all stream channels may take in memory, in bytes. Above: the largest give up half. */
  maxRecentBytes: count(67_108_864),
  /** Reads of streams that may be under way. Above: they wait. */
  maxConcurrentReads: count(8),
  /** Requests of one connection that may wait for the broker. At it: its client is slowed down. */
  maxPendingRequestsPerConnection: count(64),
  /** Questions to the application that may be under way, in all. Above: `unavailable`. */
  maxPendingHookRequests: count(1_000),
  /** Bytes that may wait to be sent to all connections together. Above: the slowest readers are cut off. */
  maxBufferedBytes: count(268_435_456),
  /** Connections from one address, or one IPv6 network of 64 bits; loopback is not counted. Above: 429. */
  maxConnectionsPerAddress: count(1_000),
  /** Requests that one connection may make a second, in the long run. Above: its client is slowed down. */
  maxRequestsPerSecondPerConnection: count(1_000),
  /** Requests that one connection may make at once after a pause. Above: its client is slowed down. */
  maxRequestBurstPerConnection: count(5_000),
  /** Size of the headers of a request, in bytes. Above: 431. */
  maxHeaderBytes: count(16_384),
  /**
   * Time for the broker to confirm a subscription, in milliseconds; after: 503, or `unavailable`. Also the time for a v1
   * client to say connect; after: close 4003.
   */
  handshakeTimeoutMs: milliseconds(10_000, 1),
  /** Time for a whole HTTP request to arrive, in milliseconds. After: 408. */
  requestTimeoutMs: milliseconds(10_000, 1),
  /** Time for a client to take an HTTP answer, in milliseconds. After: its socket is cut. */
  answerTimeoutMs: milliseconds(60_000, 1),
  /** Time after which a client that says nothing is pinged, in milliseconds. After as long again without an answer: cut. */
  heartbeatIntervalMs: milliseconds(25_000),
  /** Time for which a slow reader of a stream may take nothing of what waits for it, in milliseconds. After: cut. */
  stallTimeoutMs: milliseconds(300_000, 1),
  /** Time for a client to answer a close, in milliseconds. After: its socket is cut. */
  closeTimeoutMs: milliseconds(5_000),
  /** Time a channel stays subscribed after its last subscriber left, in milliseconds. */
  lingerMs: milliseconds(1_000),
  /** Time for which a user whose last connection was lost still counts as there, in milliseconds. */
  presenceGraceMs: milliseconds(5_000),
  /** Members of a channel that are told one by one. Above: only how many there are. */
  maxShownMembers: z.int().min(1).max(MAX_PAGE_MEMBERS).default(500),
  /** Time before the end of a token at which its client is told, in milliseconds. */
  refreshWindowMs: milliseconds(30_000),
  /** Longest time from now to the end of a token, in milliseconds; one that lives longer is refused with 401. */
  maxTokenLifetimeMs: z.int().min(1_000).max(31_536_000_000).default(2_592_000_000),
  /** Time for which an idempotency key is remembered, in milliseconds. */
  idempotencyWindowMs: milliseconds(300_000, 1),
  /** Time after which a gateway that has not renewed its lease counts as gone, in milliseconds. */
  leaseMs: milliseconds(15_000, 1),
  /** Time after which a gateway renews its lease, in milliseconds; less than that of the lease. */
  leaseRenewMs: milliseconds(5_000, 1),
  /** Time after which a stream channel is compared with what is in its stream, in milliseconds. */
  streamCheckIntervalMs: milliseconds(3_000, 1),
  /** Time for gateways to answer when one asks all, in milliseconds. After: they are `missing` in its answer. */
  askTimeoutMs: milliseconds(1_000, 1),
  /** Time between saying "not ready" and taking nobody new when the gateway stops, in milliseconds. */
  drainNoticeMs: milliseconds(0),
  /** Time over which clients are asked to leave when the gateway stops, in milliseconds. After: their sockets are cut. */
  drainTimeoutMs: milliseconds(10_000),
});

/** The key `limits` of the configuration file. Names end in their unit. */
export const Limits = Table.refine(({ leaseMs, leaseRenewMs }) => leaseRenewMs < leaseMs, {
  path: ["leaseRenewMs"],
  message: "must be less than leaseMs",
});

export type Limits = z.infer<typeof Limits>;

/** How fast one connection may go; for a plain client every text is a request. */
export function connectionRate(limits: Limits): Rate {
  return {
    perSecond: limits.maxRequestsPerSecondPerConnection,
    burst: limits.maxRequestBurstPerConnection,
  };
}
