/** The embedded broker: one process, nothing kept, the same promises as Redis. */
import { type Broker, type BrokerHandlers, failure, type Publication, success } from "./broker.ts";
import { KnownKeys } from "./known-keys.ts";
import { createMemoryGateways } from "./memory-gateways.ts";
import { onceName } from "./once-name.ts";

/**
 * Delivery comes a turn of the microtask queue after `publish`, never from inside it, as with Redis: a caller
 * can't meet its own publication while it is still publishing.
 *
 * @param now milliseconds since 1970
 */
export function createMemoryBroker(handlers: BrokerHandlers, now: () => number = Date.now): Broker {
  const subscribed = new Set<string>();
  /** When the last published tick of each timer was due. */
  const ticks = new Map<string, number>();
  const keys = new KnownKeys(now);
  let isClosed = false;

  function deliver(channel: string, publication: Publication): void {
    if (subscribed.has(channel)) handlers.onPublication(channel, publication);
  }

  /** Returns how many receivers there are. */
  function send(channel: string, publication: Publication): number {
    queueMicrotask(() => deliver(channel, publication));
    return subscribed.has(channel) ? 1 : 0;
  }

  return {
    ...createMemoryGateways(handlers, now, () => isClosed),
    description: "embedded",
    link: { state: "up" },
    async publish(channel, publication) {
      if (isClosed) return failure("closed", "the broker is closed");
      return success(send(channel, publication));
    },
    async publishOnce(channel, publication, once) {
      if (isClosed) return failure("closed", "the broker is closed");
      const isDuplicate = !keys.claim(onceName(channel, publication.sender, once), once.windowMs);
      return success({ receivers: isDuplicate ? 0 : send(channel, publication), isDuplicate });
    },
    async post({ text }) {
      if (isClosed) return failure("closed", "the broker is closed");
      queueMicrotask(() => !isClosed && handlers.onNotice(text));
      return success(undefined);
    },
    async tick({ timer, channel, publication, dueMs, everyMs }) {
      if (isClosed) return failure("closed", "the broker is closed");
      const nowMs = now();
      const isDue = nowMs >= dueMs && nowMs - dueMs < everyMs;
      const lastMs = ticks.get(timer) ?? -1;
      // A claim from the future was made before the clock was set back, and is void.
      const isPublished = isDue && (lastMs < dueMs || lastMs > nowMs);
      if (isPublished) {
        ticks.set(timer, dueMs);
        send(channel, publication);
      }
      return success({ nowMs, isPublished });
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
