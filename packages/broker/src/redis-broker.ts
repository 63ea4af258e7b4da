/**
 * The Redis broker: gateways joined by Redis Pub/Sub, over one connection to publish and one to subscribe.
 *
 * Invariant: the link counts as up only while both connections are open, Redis is a primary, and every wanted
 * channel is subscribed.
 */
import type { Redis } from "ioredis";
import {
  type Broker,
  type BrokerHandlers,
  failure,
  type Link,
  type Publication,
  type Result,
  success,
} from "./broker.ts";
import { decodeEnvelope, encodeEnvelope } from "./envelope.ts";
import { commandFailure, connectRedis, describeRedisError } from "./redis-client.ts";
import { RedisSubscriptions } from "./redis-subscriptions.ts";
import { describeRedis, type RedisTarget } from "./redis-target.ts";

/** How long a read-only replica is left alone before it is asked again, in milliseconds. */
const ROLE_INTERVAL_MS = 1_000;

export interface RedisBrokerOptions {
  readonly target: RedisTarget;
  /** Goes before every name on Redis; ASCII. @default "" */
  readonly prefix?: string;
  /** A number from 0 up to 1, for the jitter of reconnects. @default Math.random */
  readonly random?: () => number;
  /** How long Redis may take to answer, in milliseconds. @default 5000 */
  readonly commandTimeoutMs?: number;
}

/** Connects in the background and keeps trying; see `link` and `onLink` for how that goes. */
export function createRedisBroker(options: RedisBrokerOptions, handlers: BrokerHandlers): Broker {
  return new RedisBroker(options, handlers);
}

class RedisBroker implements Broker {
  readonly description: string;
  readonly #target: RedisTarget;
  readonly #prefix: string;
  readonly #handlers: BrokerHandlers;
  readonly #publisher: Redis;
  readonly #subscriber: Redis;
  readonly #subscriptions: RedisSubscriptions;
  #isPublisherReady = false;
  #isSubscriberReady = false;
  #isClosed = false;
  #link: Link;

  constructor(options: RedisBrokerOptions, handlers: BrokerHandlers) {
    const { target, prefix = "", random = Math.random, commandTimeoutMs } = options;
    this.description = describeRedis(target);
    this.#target = target;
    this.#prefix = prefix;
    this.#handlers = handlers;
    this.#link = { state: "down", reason: `${this.description}: connecting` };
    const client = { target, reconnects: true, random, commandTimeoutMs };
    this.#publisher = connectRedis({ ...client, name: "tidewire-publisher" });
    this.#subscriber = connectRedis({ ...client, name: "tidewire-subscriber" });
    this.#subscriptions = new RedisSubscriptions(this.#subscriber, target, {
      onSilence: () => cut(this.#subscriber),
      onRefused: (name, error) => handlers.onChannelRefused(this.#channelOf(name), error),
    });
    this.#watchPublisher();
    this.#watchSubscriber();
  }

  get link(): Link {
    return this.#link;
  }

  async publish(channel: string, publication: Publication): Promise<Result<number>> {
    if (this.#isClosed) return failure("closed", "the broker is closed");
    if (this.#link.state === "down") return failure("unavailable", this.#link.reason);
    try {
      const bytes = encodeEnvelope(publication);
      return success(await this.#publisher.publish(this.#prefix + channel, bytes));
    } catch (error) {
      return commandFailure(error, this.#target);
    }
  }

  subscribe(channel: string): Promise<Result<void>> {
    if (this.#isClosed) return Promise.resolve(failure("closed", "the broker is closed"));
    return this.#subscriptions.subscribe(this.#prefix + channel);
  }

  unsubscribe(channel: string): void {
    this.#subscriptions.unsubscribe(this.#prefix + channel);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#subscriptions.close();
    this.#publisher.disconnect();
    this.#subscriber.disconnect();
  }

  #watchPublisher(): void {
    const client = this.#publisher;
    client.on("ready", () => void this.#checkRole());
    client.on("close", () => {
      this.#isPublisherReady = false;
      this.#lose();
    });
    client.on("error", (error) => this.#settle(describeRedisError(error, this.#target)));
  }

  #watchSubscriber(): void {
    const client = this.#subscriber;
    client.on("ready", () => void this.#restore());
    client.on("close", () => {
      this.#isSubscriberReady = false;
      this.#subscriptions.lose();
      this.#lose();
    });
    client.on("error", (error) => this.#settle(describeRedisError(error, this.#target)));
    client.on("messageBuffer", (name: Buffer, bytes: Buffer) =>
      this.#receive(name.toString("latin1"), bytes),
    );
  }

  async #restore(): Promise<void> {
    if (!(await this.#subscriptions.restore())) return;
    this.#isSubscriberReady = this.#subscriber.status === "ready";
    this.#settle();
  }

  // A replica takes PUBLISH and reaches only its own subscribers, so messages would be lost in silence.
  async #checkRole(): Promise<void> {
    const client = this.#publisher;
    const role = await client.call("HELLO").then(roleOf, () => undefined);
    if (role === "slave" || role === "replica") {
      this.#settle(`${this.description}: it is a read-only replica; name the primary`);
      // Asking again on a new connection finds another server, too, behind a name that has moved.
      setTimeout(() => cut(client), ROLE_INTERVAL_MS).unref();
      return;
    }
    this.#isPublisherReady = client.status === "ready";
    this.#settle();
  }

  #receive(name: string, bytes: Buffer): void {
    if (!this.#subscriptions.isWanted(name)) return;
    this.#handlers.onPublication(this.#channelOf(name), decodeEnvelope(bytes));
  }

  #channelOf(name: string): string {
    return name.slice(this.#prefix.length);
  }

  #lose(): void {
    if (this.#link.state === "up") this.#settle(`${this.description}: the connection was lost`);
  }

  #settle(reason?: string): void {
    if (this.#isClosed) return;
    const isUp = this.#isPublisherReady && this.#isSubscriberReady;
    if (isUp) this.#setLink({ state: "up" });
    else if (reason !== undefined) this.#setLink({ state: "down", reason });
  }

  #setLink(link: Link): void {
    const current = this.#link;
    const isSame =
      link.state === "up"
        ? current.state === "up"
        : current.state === "down" && current.reason === link.reason;
    if (isSame) return;
    this.#link = link;
    this.#handlers.onLink(link);
  }
}

// While it is connecting anew by itself, a disconnect could leave it without any connection.
function cut(client: Redis): void {
  if (client.status === "ready") client.disconnect(true);
}

// HELLO (redis.io/commands/hello) needs no permission, unlike INFO and ROLE. Redis before 6 has neither it nor,
// in practice, replicas that anybody publishes to by mistake: an error there counts as a primary.
function roleOf(reply: unknown): string | undefined {
  if (!Array.isArray(reply)) return undefined;
  const index = reply.indexOf("role");
  return index === -1 ? undefined : String(reply[index + 1]);
}
