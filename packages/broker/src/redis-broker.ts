/**
 * The Redis broker: gateways joined by Redis, over one connection to publish and one to subscribe.
 *
 * Invariant: every name below `tidewire:` is ours, and what comes on it reaches none of the channels.
 */
import type { Redis } from "ioredis";
import {
  type Answers,
  type Broker,
  type BrokerError,
  type BrokerHandlers,
  failure,
  type Lease,
  type LeaseOutcome,
  type Link,
  type Notice,
  type Once,
  type OnceOutcome,
  type Publication,
  type Question,
  type Result,
  success,
  type Tick,
  type TickOutcome,
} from "./broker.ts";
import { decodeEnvelope, encodeEnvelope } from "./envelope.ts";
import { COMMAND_TIMEOUT_MS, commandFailure, connectRedis } from "./redis-client.ts";
import { onceName } from "./once-name.ts";
import { questionFault } from "./question.ts";
import { RedisLeases } from "./redis-leases.ts";
import { RedisLinks } from "./redis-links.ts";
import { OWN_PREFIX } from "./redis-names.ts";
import { RedisNotices } from "./redis-notices.ts";
import { publishOnce } from "./redis-once.ts";
import { RedisPresence } from "./redis-presence.ts";
import { RedisQuestions } from "./redis-questions.ts";
import { RoundTrip } from "./redis-round-trip.ts";
import { RedisStreamStore } from "./redis-stream-store.ts";
import { RedisStreams } from "./redis-streams.ts";
import { RedisSubscriptions } from "./redis-subscriptions.ts";
import { describeRedis, type RedisTarget } from "./redis-target.ts";
import { publishTick } from "./redis-tick.ts";
import type { StreamsOptions } from "./streams.ts";

export interface RedisBrokerOptions {
  readonly target: RedisTarget;
  /** Goes before every name on Redis; ASCII. @default "" */
  readonly prefix?: string;
  /** A number from 0 up to 1, for the jitter of reconnects. @default Math.random */
  readonly random?: () => number;
  /** How long Redis may take to answer, in milliseconds. @default 5000 */
  readonly commandTimeoutMs?: number;
  /** How often a connection must prove that it works, in milliseconds. @default 3000 */
  readonly checkIntervalMs?: number;
  readonly streams?: StreamsOptions;
}

/** Connects in the background and keeps trying; see `link` and `onLink` for how that goes. */
export function createRedisBroker(options: RedisBrokerOptions, handlers: BrokerHandlers): Broker {
  return new RedisBroker(options, handlers);
}

class RedisBroker implements Broker {
  readonly description: string;
  readonly streams: RedisStreams;
  readonly presence: RedisPresence;
  readonly #target: RedisTarget;
  readonly #prefix: string;
  /** Before every name that is ours and no channel's. */
  readonly #own: string;
  readonly #handlers: BrokerHandlers;
  readonly #publisher: Redis;
  readonly #subscriber: Redis;
  readonly #subscriptions: RedisSubscriptions;
  readonly #roundTrip: RoundTrip;
  readonly #notices: RedisNotices;
  readonly #leases: RedisLeases;
  readonly #questions: RedisQuestions;
  readonly #streamStore: RedisStreamStore;
  readonly #links: RedisLinks;
  #isClosed = false;

  constructor(options: RedisBrokerOptions, handlers: BrokerHandlers) {
    const { target, prefix = "", commandTimeoutMs = COMMAND_TIMEOUT_MS } = options;
    this.description = describeRedis(target);
    this.#target = target;
    this.#prefix = prefix;
    this.#own = prefix + OWN_PREFIX;
    this.#handlers = handlers;
    this.#publisher = openClient(options, "tidewire-publisher");
    this.#subscriber = openClient(options, "tidewire-subscriber");
    const [publisher, own] = [this.#publisher, this.#own];
    this.#roundTrip = new RoundTrip(publisher, own, commandTimeoutMs);
    this.#notices = new RedisNotices(publisher, own);
    this.#leases = new RedisLeases(publisher, own);
    const { onQuestion } = handlers;
    this.#questions = new RedisQuestions({ publisher, leases: this.#leases, prefix: own, onQuestion });
    const { isDurable = false } = options.streams ?? {};
    this.#streamStore = new RedisStreamStore({ publisher, prefix, own, isDurable });
    this.#subscriptions = new RedisSubscriptions(this.#subscriber, target, {
      onSilence: () => this.#links.cutSubscriber(),
      onRefused: (name, error) => this.#refuse(name, error),
    });
    this.#links = this.#openLinks(options);
    this.streams = this.#openStreams(options);
    this.presence = new RedisPresence({
      publisher,
      own,
      leasesKey: this.#leases.key,
      subscriptions: this.#subscriptions,
      run: (command) => this.#run(command),
      mayGive: () => this.#mayGive,
      handlers: handlers.presence,
    });
  }

  get link(): Link {
    return this.#links.link;
  }

  async publish(channel: string, publication: Publication): Promise<Result<number>> {
    const bytes = encodeEnvelope(publication);
    return this.#run(() => this.#publisher.publish(this.#prefix + channel, bytes));
  }

  async publishOnce(channel: string, publication: Publication, once: Once): Promise<Result<OnceOutcome>> {
    const bytes = encodeEnvelope(publication);
    const known = `${this.#own}once:${onceName(channel, publication.sender, once)}`;
    const name = this.#prefix + channel;
    return this.#run(() =>
      publishOnce(this.#publisher, { key: known, windowMs: once.windowMs, name, bytes }),
    );
  }

  async post({ text, forMs }: Notice): Promise<Result<void>> {
    return this.#run(() => this.#notices.post(text, forMs));
  }

  async tick({ timer, channel, publication, dueMs, everyMs }: Tick): Promise<Result<TickOutcome>> {
    const bytes = encodeEnvelope(publication);
    const key = `${this.#own}timer:${timer}`;
    const name = this.#prefix + channel;
    return this.#run(() => publishTick(this.#publisher, { key, name, dueMs, everyMs, bytes }));
  }

  async renewLease(lease: Lease): Promise<Result<LeaseOutcome>> {
    const result = await this.#run(() => this.#leases.renew(lease));
    if (result.ok) this.presence.leaseIsRenewed(lease, result.value.incarnation);
    return result;
  }

  async endLease(): Promise<Result<void>> {
    this.presence.leaseIsEnded();
    const result = await this.#run(() => this.#leases.end());
    // A renewal that was under way was answered before.
    this.presence.leaseIsEnded();
    return result;
  }

  async ask(question: Question): Promise<Result<Answers>> {
    const fault = questionFault(question, this.#questions.open);
    if (fault) return fault;
    const result = await this.#run(() => this.#questions.ask(question));
    return this.#isClosed ? failure("closed", "the broker is closed") : result;
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
    this.#questions.close();
    this.streams.close();
    this.presence.close();
    this.#links.close();
  }

  get #mayGive(): boolean {
    return this.#links.isInformed && this.link.state === "up";
  }

  /** Runs a command that writes. */
  async #run<Value>(command: () => Promise<Value>): Promise<Result<Value>> {
    if (this.#isClosed) return failure("closed", "the broker is closed");
    const { link } = this.#links;
    if (link.state === "down") return failure("unavailable", link.reason);
    try {
      return success(await command());
    } catch (error) {
      return commandFailure(error, this.#target);
    }
  }

  #openLinks({ target, checkIntervalMs }: RedisBrokerOptions): RedisLinks {
    this.#subscriber.on("messageBuffer", (name: Buffer, bytes: Buffer) => {
      this.#receive(name.toString("latin1"), bytes);
    });
    const { onNotice, onLink } = this.#handlers;
    return new RedisLinks({
      target,
      publisher: this.#publisher,
      subscriber: this.#subscriber,
      roundTrip: this.#roundTrip,
      notices: this.#notices,
      checkIntervalMs,
      restore: () => this.#restore(),
      onLost: () => this.#subscriptions.lose(),
      handlers: {
        onNotice,
        onLink: (link) => {
          onLink(link);
          if (link.state === "down") return;
          this.streams.linkIsUp();
          this.presence.linkIsUp();
        },
      },
    });
  }

  #openStreams(options: RedisBrokerOptions): RedisStreams {
    const { commandTimeoutMs = COMMAND_TIMEOUT_MS } = options;
    return new RedisStreams({
      store: this.#streamStore,
      subscriptions: this.#subscriptions,
      publisher: this.#publisher,
      connectTail: () => openClient(options, "tidewire-tail"),
      tailRoundMs: Math.ceil(commandTimeoutMs / 2),
      checkIntervalMs: options.streams?.checkIntervalMs,
      run: (command) => this.#run(command),
      mayGive: () => this.#mayGive,
      handlers: this.#handlers,
    });
  }

  // Wanted anew each time, since a Redis that refused the name once may allow it now.
  #restore(): Promise<boolean> {
    const { name, answerName } = this.#questions;
    for (const own of [this.#roundTrip.name, this.#notices.name, name, answerName]) {
      void this.#subscriptions.subscribe(own);
    }
    return this.#subscriptions.restore();
  }

  #receive(name: string, bytes: Buffer): void {
    if (name.startsWith(this.#own)) return this.#receiveOwn(name, bytes);
    const channel = this.#channelOf(name);
    if (!this.#links.isInformed || !this.#subscriptions.isWanted(name)) return;
    if (this.streams.isFollowed(channel)) this.#handlers.onStray(channel);
    else this.#handlers.onPublication(channel, decodeEnvelope(bytes));
  }

  #receiveOwn(name: string, bytes: Buffer): void {
    const rung = this.#streamStore.channelOfBell(name);
    const present = this.presence.channelOf(name);
    if (rung !== undefined) this.streams.hear(rung, bytes);
    else if (present !== undefined) this.presence.hear(present, bytes);
    else if (name === this.#roundTrip.name) this.#roundTrip.hear(bytes);
    else if (name === this.#notices.name) this.#handlers.onNotice(bytes.toString());
    else if (name === this.#questions.name) this.#questions.hear(bytes);
    else if (name === this.#questions.answerName) this.#questions.hearAnswer(bytes);
  }

  #refuse(name: string, error: BrokerError): void {
    const present = this.presence.channelOf(name);
    if (present !== undefined) return this.presence.refuse(present, error);
    const channel = this.#streamStore.channelOfBell(name) ?? this.#channelOf(name);
    if (this.streams.isFollowed(channel)) this.streams.refuse(channel, error);
    else if (!name.startsWith(this.#own)) this.#handlers.onChannelRefused(channel, error);
  }

  #channelOf(name: string): string {
    return name.slice(this.#prefix.length);
  }
}

function openClient(
  { target, random = Math.random, commandTimeoutMs }: RedisBrokerOptions,
  name: string,
): Redis {
  return connectRedis({ target, name, reconnects: true, random, commandTimeoutMs });
}
