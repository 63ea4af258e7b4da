/** Every limit of a gateway: its name, unit, default and what happens at it, in one table. */
import { DEFAULT_MAX_MESSAGE_BYTES } from "@tidewire/protocol";
import { z } from "zod";

const MAX_TIMER_MS = 2_147_483_647;

const count = (value: number) => z.int().min(1).max(1_000_000_000).default(value);
const milliseconds = (value: number) => z.int().min(0).max(MAX_TIMER_MS).default(value);

/** The key `limits` of the configuration file. Names end in their unit. */
export const Limits = z.strictObject({
  /** Payload of one message, in bytes. Above: close 1009, or 413 over HTTP. */
  maxMessageBytes: count(DEFAULT_MAX_MESSAGE_BYTES),
  /** Frames that one message may come in. Above: close 1008. */
  maxFragments: count(1_024),
  /** Pieces of one frame that may wait for the rest of it. Above: close 1008. */
  maxBufferedChunks: count(4_096),
  /** Pongs that may wait to be sent to one connection. Above, at a flood of pings: its socket is cut. */
  maxPendingPongs: count(60),
  /** Bytes that may wait to be sent to one connection. Above: close 4001. */
  maxBufferedBytesPerConnection: count(4_194_304),
  /** Messages of one connection that may wait for the broker. At it: its client is slowed down. */
  maxPendingPublishesPerConnection: count(64),
  /** Time for an upgrade to be answered, in milliseconds. After: 503. */
  handshakeTimeoutMs: milliseconds(10_000),
  /** Time for a whole HTTP request to arrive, in milliseconds. After: 408. */
  requestTimeoutMs: milliseconds(10_000),
  /** Time for a client to answer a close, in milliseconds. After: its socket is cut. */
  closeTimeoutMs: milliseconds(5_000),
  /** Time a channel stays subscribed after its last subscriber left, in milliseconds. */
  lingerMs: milliseconds(1_000),
  /** Time for clients to leave when the gateway stops, in milliseconds. After: their sockets are cut. */
  drainTimeoutMs: milliseconds(5_000),
});

export type Limits = z.infer<typeof Limits>;
