/** The embedded broker: one process, nothing kept beyond it, the same promises as Redis. */
import { type Broker, type BrokerHandlers, failure, type Publication, success } from "./broker.ts";
import { KnownKeys } from "./known-keys.ts";
import { createMemoryGateways, type MemoryGateways } from "./memory-gateways.ts";
import { MemoryPresence } from "./memory-presence.ts";
import { MemoryStreams } from "./memory-streams.ts";
import { MemoryTicks } from "./memory-ticks.ts";
import { onceName } from "./once-name.ts";

/**
 * Delivery comes a turn of the microtask queue after `publish`, never from inside it, as with Redis: a caller
 * can't meet its own publication while it is still publishing.
 *
 * @param now milliseconds since 1970
 */
export function createMemoryBroker(handlers: BrokerHandlers, now: () => number = Date.now): Broker {
  const subscribed = new Set<string>();
  const ticks = new MemoryTicks(now);
  const keys = new KnownKeys<true>(now);
  const streams = new MemoryStreams(handlers, now);
  const gateways = createMemoryGateways(handlers, now, () => isClosed);
  const presence = new MemoryPresence(handlers.presence, gateways.holdsLease);
  let isClosed = false;

  function deliver(channel: string, publication: Publication): void {
    if (streams.isFollowed(channel)) handlers.onStray(channel);
    else if (subscribed.has(channel)) handlers.onPublication(channel, publication);
  }

  /** Returns how many receivers there are. */
  function send(channel: string, publication: Publication): number {
    queueMicrotask(() => deliver(channel, publication));
    return subscribed.has(channel) || streams.isFollowed(channel) ? 1 : 0;
  }

  return {
    ...leasesWith(presence, gateways),
    description: "embedded",
    link: { state: "up" },
    streams,
    presence,
    async publish(channel, publication) {
      if (isClosed) return failure("closed", "the broker is closed");
      return success(send(channel, publication));
    },
    async publishOnce(channel, publication, once) {
      if (isClosed) return failure("closed", "the broker is closed");
      const name = onceName(channel, publication.sender, once);
      if (keys.find(name)) return success({ receivers: 0, isDuplicate: true });
      keys.claim(name, once.windowMs, true);
      return success({ receivers: send(channel, publication), isDuplicate: false });
    },
    async post({ text }) {
      if (isClosed) return failure("closed", "the broker is closed");
      queueMicrotask(() => !isClosed && handlers.onNotice(text));
      return success(undefined);
    },
    async tick(tick) {
      if (isClosed) return failure("closed", "the broker is closed");
      const outcome = ticks.claim(tick);
      if (outcome.isPublished) send(tick.channel, tick.publication);
      return success(outcome);
    },
    async subscribe(channel) {
      if (isClosed) return failure("closed", "the broker is closed");
      subscribed.add(channel);
      return success(undefined);
    },
    unsubscribe(channel) {
      subscribed.delete(channel);
    },
    async close() {
      isClosed = true;
      subscribed.clear();
      streams.close();
      presence.close();
    },
  };
}

/** What is held of members goes by the lease. */
function leasesWith(
  presence: MemoryPresence,
  { renewLease, endLease, ask }: MemoryGateways,
): Pick<Broker, "renewLease" | "endLease" | "ask"> {
  return {
    ask,
    async renewLease(lease) {
      const result = await renewLease(lease);
      if (result.ok) presence.leaseIsRenewed(result.value.incarnation);
      return result;
    },
    async endLease() {
      presence.leaseIsEnded();
      return endLease();
    },
  };
}
