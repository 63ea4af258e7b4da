/**
 * The two connections of a Redis broker as one link.
 *
 * Invariant: it counts as up only while both are open and lead to one server, that is a primary, every wanted name is
 * subscribed, and all notices have come since the subscriber's connection was opened.
 */
import type { Redis } from "ioredis";
import type { BrokerHandlers, Link } from "./broker.ts";
import { describeRedisError, isScriptForbidden } from "./redis-client.ts";
import { RedisLink, type Verdict } from "./redis-link.ts";
import type { RedisNotices } from "./redis-notices.ts";
import { judgeRole, PROVED, verdictOf } from "./redis-role.ts";
import type { RoundTrip } from "./redis-round-trip.ts";
import { describeRedis, type RedisTarget } from "./redis-target.ts";

export interface RedisLinksOptions {
  readonly target: RedisTarget;
  readonly publisher: Redis;
  readonly subscriber: Redis;
  readonly roundTrip: RoundTrip;
  readonly notices: RedisNotices;
  /** How often a connection must prove that it works, in milliseconds. */
  readonly checkIntervalMs?: number | undefined;
  /** Subscribes all names on a new connection; resolves to whether Redis has answered. */
  readonly restore: () => Promise<boolean>;
  /** The subscriber's connection is gone. */
  readonly onLost: () => void;
  readonly handlers: Pick<BrokerHandlers, "onLink" | "onNotice">;
}

export class RedisLinks {
  readonly #options: RedisLinksOptions;
  readonly #subscriberLink: RedisLink;
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

  constructor(options: RedisLinksOptions) {
    this.#options = options;
    this.#link = { state: "down", reason: `${describeRedis(options.target)}: connecting` };
    this.#subscriberLink = this.#watchSubscriber();
    this.#links = [this.#watchPublisher(), this.#subscriberLink];
  }

  get link(): Link {
    return this.#link;
  }

  get isInformed(): boolean {
    return this.#isInformed;
  }

  /** The subscriber's connection does not answer. */
  cutSubscriber(): void {
    this.#subscriberLink.cut();
  }

  close(): void {
    this.#isClosed = true;
    for (const link of this.#links) link.close();
  }

  #watchPublisher(): RedisLink {
    const { publisher, checkIntervalMs } = this.#options;
    const checkRole = () => judgeRole(publisher);
    return new RedisLink({
      client: publisher,
      checkIntervalMs,
      settle: checkRole,
      prove: checkRole,
      onClosed: () => {},
      onChange: (reason) => this.#settle(reason),
    });
  }

  #watchSubscriber(): RedisLink {
    const { subscriber, checkIntervalMs, restore, onLost } = this.#options;
    return new RedisLink({
      client: subscriber,
      checkIntervalMs,
      settle: async () => ({ event: (await restore()) ? "proved" : "silent" }),
      prove: () => this.#proveSubscriber(),
      onClosed: () => {
        this.#isInformed = false;
        this.#losses += 1;
        onLost();
      },
      onChange: (reason) => this.#settle(reason),
    });
  }

  // An answer on this connection alone does not prove that publications arrive on it.
  async #proveSubscriber(): Promise<Verdict> {
    const { subscriber, roundTrip } = this.#options;
    if (!this.#isJoined) return subscriber.ping().then(() => PROVED, verdictOf);
    if (await roundTrip.ask()) return PROVED;
    this.#cutAll();
    return { event: "silent" };
  }

  async #join(): Promise<void> {
    if (this.#isJoining) return;
    this.#isJoining = true;
    const losses = this.#losses;
    const isHeard = await this.#options.roundTrip.ask();
    const notices = isHeard ? await this.#readNotices() : undefined;
    this.#isJoining = false;
    if (!this.#links.every(({ isUp }) => isUp)) return;
    // A notice may have come after it was read, and before the new connection was subscribed.
    if (losses !== this.#losses) return this.#join();
    if (!notices) return this.#cutAll();
    for (const text of notices) this.#options.handlers.onNotice(text);
    this.#isInformed = true;
    this.#isJoined = true;
    this.#settle(undefined);
  }

  /**
   * `undefined` when they can't be had, also when only a right inside the script is missing: others may post then. Where
   * Redis forbids scripts, nobody can.
   */
  async #readNotices(): Promise<readonly string[] | undefined> {
    const { notices } = this.#options;
    return notices.read().catch((error: unknown) => (isScriptForbidden(error) ? [] : undefined));
  }

  // Which of the two leads astray can't be told.
  #cutAll(): void {
    for (const link of this.#links) link.cut();
  }

  /** One of the connections changed, for the reason given, if one was. */
  #settle(cause: unknown): void {
    if (this.#isClosed) return;
    const { target } = this.#options;
    const areUp = this.#links.every(({ isUp }) => isUp);
    this.#isJoined &&= areUp;
    if (this.#isJoined) this.#setLink({ state: "up" });
    else if (areUp) void this.#join();
    else if (cause !== undefined) {
      this.#setLink({ state: "down", reason: describeRedisError(cause, target) });
    } else if (this.#link.state === "up") {
      this.#setLink({ state: "down", reason: `${describeRedis(target)}: the connection was lost` });
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
    this.#options.handlers.onLink(link);
  }
}
