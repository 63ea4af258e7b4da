/** The embedded broker: one process, nothing kept, the same promises as Redis. */
import { type Broker, type BrokerHandlers, failure, type Publication, success } from "./broker.ts";

/**
 * Delivery comes a turn of the microtask queue after `publish`, never from inside it, as with Redis: a caller
 * can't meet its own publication while it is still publishing.
 */
export function createMemoryBroker(handlers: BrokerHandlers): Broker {
  const subscribed = new Set<string>();
  let isClosed = false;

  function deliver(channel: string, publication: Publication): void {
    if (subscribed.has(channel)) handlers.onPublication(channel, publication);
  }

  return {
    description: "embedded",
    link: { state: "up" },
    async publish(channel, publication) {
      if (isClosed) return failure("closed", "the broker is closed");
      const receivers = subscribed.has(channel) ? 1 : 0;
      queueMicrotask(() => deliver(channel, publication));
      return success(receivers);
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
    },
  };
}
