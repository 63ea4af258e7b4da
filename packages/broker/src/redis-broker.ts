/**
 * The Redis broker: gateways joined by Redis Pub/Sub, over one connection to publish and one to subscribe.
 *
 * Invariant: the link counts as up only while both connections are open and lead to one server, that is a primary, and
 * every wanted channel is subscribed.
 */
import type { Redis } from "ioredis";
import {
  type Answers,
  type Broker,
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
import {
  COMMAND_TIMEOUT_MS,
  commandFailure,
  connectRedis,
  describeRedisError,
  isForbidden,
} from "./redis-client.ts";
import { onceName } from "./once-name.ts";
import { questionFault } from "./question.ts";
import { RedisLeases } from "./redis-leases.ts";
import { RedisLink, type Verdict } from "./redis-link.ts";
import { RedisNotices } from "./redis-notices.ts";
import { publishOnce } from "./redis-once.ts";
import { RedisQuestions } from "./redis-questions.ts";
import { judgeRole, PROVED, verdictOf } from "./redis-role.ts";
import { RoundTrip } from "./redis-round-trip.ts";
import { RedisStreams } from "./redis-streams.ts";
import { RedisSubscriptions } from "./redis-subscriptions.ts";
import { describeRedis, type RedisTarget } from "./redis-target.ts";
import { publishTick } from "./redis-tick.ts";

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
}

/** Connects in the background and keeps trying; see `link` and `onLink` for how that goes. */
export function createRedisBroker(options: RedisBrokerOptions, handlers: BrokerHandlers): Broker {
  return new RedisBroker(options, handlers);
}

class RedisBroker implements Broker {
  readonly description: string;
  readonly streams = new RedisStreams();
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
  /** Names of our own that the subscriber listens on. */
  readonly #ownNames: readonly string[];
  readonly #links: readonly RedisLink[];
  /** Both connections lead to one server: what is published over one is heard over the other. */
  #isJoined = false;
  #isJoining = false;
  /** All notices have come since the subscriber's connection was opened; until then nothing is delivered. */
  #isInformed = false;
  /** Connections of the subscriber that have been lost so far. */
  #losses = 0;
  #isClosed = false;
  #link: Link;

  constructor(options: RedisBrokerOptions, handlers: BrokerHandlers) {
    const { target, prefix = "", random = Math.random, checkIntervalMs } = options;
    const { commandTimeoutMs = COMMAND_TIMEOUT_MS } = options;
    this.description = describeRedis(target);
    this.#target = target;
    this.#prefix = prefix;
    this.#own = prefix + OWN_PREFIX;
    this.#handlers = handlers;
    this.#link = { state: "down", reason: `${this.description}: connecting` };
    const client = { target, reconnects: true, random, commandTimeoutMs };
    this.#publisher = connectRedis({ ...client, name: "tidewire-publisher" });
    this.#subscriber = connectRedis({ ...client, name: "tidewire-subscriber" });
    const [publisher, own] = [this.#publisher, this.#own];
    this.#roundTrip = new RoundTrip(publisher, own, commandTimeoutMs);
    this.#notices = new RedisNotices(publisher, own);
    this.#leases = new RedisLeases(publisher, own);
    const { onQuestion } = handlers;
    this.#questions = new RedisQuestions({ publisher, leases: this.#leases, prefix: own, onQuestion });
    const { name: question, answerName } = this.#questions;
    this.#ownNames = [this.#roundTrip.name, this.#notices.name, question, answerName];
    const subscriberLink = this.#watchSubscriber(checkIntervalMs);
    this.#subscriptions = new RedisSubscriptions(this.#subscriber, target, {
      onSilence: () => subscriberLink.cut(),
      onRefused: (name, error) => {
        if (!name.startsWith(own)) handlers.onChannelRefused(this.#channelOf(name), error);
      },
    });
    this.#links = [this.#watchPublisher(checkIntervalMs), subscriberLink];
  }

  get link(): Link {
    return this.#link;
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
    return this.#run(() => this.#leases.renew(lease));
  }

  async endLease(): Promise<Result<void>> {
    return this.#run(() => this.#leases.end());
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
    for (const link of this.#links) link.close();
  }

  /** Runs a command that writes. */
  async #run<Value>(command: () => Promise<Value>): Promise<Result<Value>> {
    if (this.#isClosed) return failure("closed", "the broker is closed");
    if (this.#link.state === "down") return failure("unavailable", this.#link.reason);
    try {
      return success(await command());
    } catch (error) {
      return commandFailure(error, this.#target);
    }
  }

  #watchPublisher(checkIntervalMs: number | undefined): RedisLink {
    const checkRole = () => judgeRole(this.#publisher);
    return new RedisLink({
      client: this.#publisher,
      checkIntervalMs,
      settle: checkRole,
      prove: checkRole,
      onClosed: () => {},
      onChange: (reason) => this.#settle(reason),
    });
  }

  #watchSubscriber(checkIntervalMs: number | undefined): RedisLink {
    const client = this.#subscriber;
    client.on("messageBuffer", (name: Buffer, bytes: Buffer) => {
      this.#receive(name.toString("latin1"), bytes);
    });
    return new RedisLink({
      client,
      checkIntervalMs,
      settle: () => this.#settleSubscriber(),
      prove: () => this.#proveSubscriber(),
      onClosed: () => {
        this.#isInformed = false;
        this.#losses += 1;
        this.#subscriptions.lose();
      },
      onChange: (reason) => this.#settle(reason),
    });
  }

  // Wanted anew each time, since a Redis that refused the name once may allow it now.
  async #settleSubscriber(): Promise<Verdict> {
    for (const name of this.#ownNames) void this.#subscriptions.subscribe(name);
    return { event: (await this.#subscriptions.restore()) ? "proved" : "silent" };
  }

  // An answer on this connection alone does not prove that publications arrive on it.
  async #proveSubscriber(): Promise<Verdict> {
    if (!this.#isJoined) return this.#subscriber.ping().then(() => PROVED, verdictOf);
    if (await this.#roundTrip.ask()) return PROVED;
    this.#cutAll();
    return { event: "silent" };
  }

  async #join(): Promise<void> {
    if (this.#isJoining) return;
    this.#isJoining = true;
    const losses = this.#losses;
    const isHeard = await this.#roundTrip.ask();
    const notices = isHeard ? await this.#readNotices() : undefined;
    this.#isJoining = false;
    if (!this.#links.every(({ isUp }) => isUp)) return;
    // A notice may have come after it was read, and before the new connection was subscribed.
    if (losses !== this.#losses) return this.#join();
    if (!notices) return this.#cutAll();
    for (const text of notices) this.#handlers.onNotice(text);
    this.#isInformed = true;
    this.#isJoined = true;
    this.#settle(undefined);
  }

  /** `undefined` when they can't be had. Where Redis forbids scripts, nobody can post any either. */
  async #readNotices(): Promise<readonly string[] | undefined> {
    return this.#notices.read().catch((error: unknown) => (isForbidden(error) ? [] : undefined));
  }

  // Which of the two leads astray can't be told.
  #cutAll(): void {
    for (const link of this.#links) link.cut();
  }

  #receive(name: string, bytes: Buffer): void {
    if (name.startsWith(this.#own)) return this.#receiveOwn(name, bytes);
    if (!this.#isInformed || !this.#subscriptions.isWanted(name)) return;
    this.#handlers.onPublication(this.#channelOf(name), decodeEnvelope(bytes));
  }

  #receiveOwn(name: string, bytes: Buffer): void {
    if (name === this.#roundTrip.name) this.#roundTrip.hear(bytes);
    else if (name === this.#notices.name) this.#handlers.onNotice(bytes.toString());
    else if (name === this.#questions.name) this.#questions.hear(bytes);
    else if (name === this.#questions.answerName) this.#questions.hearAnswer(bytes);
  }

  #channelOf(name: string): string {
    return name.slice(this.#prefix.length);
  }

  /** One of the connections changed, for the reason given, if one was. */
  #settle(cause: unknown): void {
    if (this.#isClosed) return;
    const areUp = this.#links.every(({ isUp }) => isUp);
    this.#isJoined &&= areUp;
    if (this.#isJoined) this.#setLink({ state: "up" });
    else if (areUp) void this.#join();
    else if (cause !== undefined) {
      this.#setLink({ state: "down", reason: describeRedisError(cause, this.#target) });
    } else if (this.#link.state === "up") {
      this.#setLink({ state: "down", reason: `${this.description}: the connection was lost` });
    }
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

/** What is ours on Redis and no channel lives below this, after the deployment's prefix. */
const OWN_PREFIX = "tidewire:";
