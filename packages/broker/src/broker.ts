/**
 * The Broker contract: what joins gateways. Memory and Redis stand behind it and keep the same promises.
 *
 * Order: all subscribers of one channel see its publications in one order, and publications made one after
 * another by one caller arrive in that order. A publication comes back to the gateway that made it like to any
 * other: there is no shorter way.
 *
 * Delivery: at most once. What is published while a channel is subscribed, with the link up, is delivered once.
 * Nothing is delivered for a channel before `subscribe` is called or after `unsubscribe` has returned.
 *
 * While the link is down: `publish` fails at once, or as soon as its confirmation can't come any more;
 * `subscribe` waits and settles when the link is back; every wanted channel is subscribed anew before the link
 * counts as up, and every notice was given, before anything is delivered. What was published meanwhile is lost to this broker's subscribers: from down to up, each of
 * them may have a gap. A link is down at the latest ten seconds after it has become useless.
 */
import type { Presence, PresenceHandlers } from "./presence.ts";
import type { Streams, StreamsHandlers } from "./streams.ts";

/** One message on a channel. */
export interface Publication {
  /** The bytes, exactly as published. */
  readonly payload: Buffer;
  /** The user id of the client that published it, verified by a gateway. */
  readonly sender?: string;
  /** How the publisher meant the bytes. Without it, readers decide by looking. */
  readonly format?: "text" | "json";
  /** The connection that published it; only there when that one does not want its own publications back. */
  readonly origin?: string;
}

/** What makes two publications the same one. */
export interface Once {
  /** Chosen by the publisher; counts for one sender and one channel. */
  readonly key: string;
  /** Who speaks: what clients choose can't be in the way of a server's keys. */
  readonly by: "client" | "server";
  /** For how long it is remembered, in milliseconds. */
  readonly windowMs: number;
}

export interface OnceOutcome {
  /** As {@link Broker.publish} counts them; 0 for a duplicate. */
  readonly receivers: number;
  /** Whether the key was known, so that nothing was published now. */
  readonly isDuplicate: boolean;
}

/**
 * Why the broker did not do what it was asked.
 *
 * - `unavailable`: the link is down, too much waits for answers, or the broker can't do it now; nothing was done.
 * - `unconfirmed`: the link broke, or the time ran out, before the answer came; it may or may not have been done.
 * - `refused`: the broker answered no (no permission, for example).
 * - `closed`: this broker was closed.
 */
export interface BrokerError {
  readonly code: "unavailable" | "unconfirmed" | "refused" | "closed";
  readonly message: string;
}

export type Result<Value> = { readonly ok: true; readonly value: Value } | Failure;

export interface Failure {
  readonly ok: false;
  readonly error: BrokerError;
}

/** Whether the broker can deliver now, and if not, why. */
export type Link = { readonly state: "up" } | { readonly state: "down"; readonly reason: string };

/** Something that every gateway must know for a while, such as that a token was revoked. */
export interface Notice {
  readonly text: string;
  /** For how long, in milliseconds from when the broker has it. */
  readonly forMs: number;
}

/** By which a gateway shows all others that it lives. */
export interface Lease {
  /** The id of the gateway: visible ASCII, and of this process alone. */
  readonly gateway: string;
  readonly version: string;
  /** For how long the gateway has been running, in milliseconds. */
  readonly ageMs: number;
  /** How long the lease lasts without being renewed, in milliseconds. */
  readonly forMs: number;
}

/** A gateway that holds a lease. */
export interface Peer {
  readonly gateway: string;
  readonly version: string;
  /** Since when it has been running, in milliseconds since 1970 by the broker's clock. */
  readonly sinceMs: number;
  /** Which of its leases this is: one that was lost and taken anew has a higher number. */
  readonly incarnation: number;
}

export interface LeaseOutcome {
  /** The number of the lease that is held now. */
  readonly incarnation: number;
  /** Whether there was none to renew, so that it was taken (anew) by this call. */
  readonly isTaken: boolean;
  /** All that hold a lease, this one included. */
  readonly peers: readonly Peer[];
}

/** Something that all gateways are asked at once. */
export interface Question {
  /** At most {@link MAX_QUESTION_BYTES} of UTF-8. */
  readonly text: string;
  /** The only gateway that is meant. @default all */
  readonly gateway?: string | undefined;
  /** How long to wait for answers, in milliseconds. */
  readonly waitMs: number;
}

export interface Answer {
  readonly gateway: string;
  readonly text: string;
}

export interface Answers {
  /** At most one of each gateway that held a lease when it was asked. */
  readonly answers: readonly Answer[];
  /** Gateways that held a lease when they were asked, and did not answer in time. */
  readonly missing: readonly string[];
}

/** Longest question, in bytes. */
export const MAX_QUESTION_BYTES = 4_096;
/** Longest answer, in bytes: with many gateways, all that comes at once must not clog the way of publications. */
export const MAX_ANSWER_BYTES = 65_536;
/** Most questions of one broker that wait for answers at a time. */
export const MAX_OPEN_QUESTIONS = 16;

/** What a broker tells its owner. Given at construction; none may throw. */
export interface BrokerHandlers extends StreamsHandlers {
  /** A publication on a subscribed channel. Its payload may be a view of a larger buffer: copy what is kept long. */
  readonly onPublication: (channel: string, publication: Publication) => void;
  /** A channel that was subscribed is not any more, and won't be: after a lost link, Redis refused it. */
  readonly onChannelRefused: (channel: string, error: BrokerError) => void;
  /** A notice whose time is not over. The same one may come again and again. */
  readonly onNotice: (text: string) => void;
  /** A question of some gateway, perhaps this one; `undefined`, or an answer that is too long, is not sent. */
  readonly onQuestion: (text: string) => string | undefined;
  /** The link changed, or the reason why it is down did. */
  readonly onLink: (link: Link) => void;
  /** @default nobody is told of presence */
  readonly presence?: PresenceHandlers | undefined;
}

/** One tick of a timer that all gateways run. */
export interface Tick {
  /** The same on every gateway that runs this timer, and on no other timer. */
  readonly timer: string;
  readonly channel: string;
  readonly publication: Publication;
  /** When it is due, in milliseconds since 1970 by the broker's clock; a multiple of `everyMs`. */
  readonly dueMs: number;
  readonly everyMs: number;
}

export interface TickOutcome {
  /** The broker's time, in milliseconds since 1970. */
  readonly nowMs: number;
  /** Whether this call published it: it was due, less than one interval ago, and nobody had done so before. */
  readonly isPublished: boolean;
}

export interface Broker {
  /** Where it is, for people: `redis://127.0.0.1:6379`, without secrets, or `embedded`. */
  readonly description: string;
  /** The link as last seen. A Redis broker begins down, with the reason "connecting". */
  readonly link: Link;
  /** Channels that are kept. One channel is followed there or subscribed here, not both. */
  readonly streams: Streams;
  /** Who is where. */
  readonly presence: Presence;
  /** Publishes; the value is how many gateways and other programs were subscribed, as Redis's PUBLISH counts them. */
  publish(channel: string, publication: Publication): Promise<Result<number>>;
  /**
   * Publishes, unless the same sender has published on this channel with the same key within the window, through
   * whichever gateway. Remembering and publishing are one step: a key is known exactly when its publication went out.
   */
  publishOnce(channel: string, publication: Publication, once: Once): Promise<Result<OnceOutcome>>;
  /** Gives a notice to every gateway, this one included, now and whenever one comes (back) before its time is over. */
  post(notice: Notice): Promise<Result<void>>;
  /** Publishes a tick if it is due, once over all gateways, whatever their clocks say. */
  tick(tick: Tick): Promise<Result<TickOutcome>>;
  /**
   * Renews this gateway's lease, or takes it when there is none to renew. From the first call on this broker answers
   * questions in that gateway's name. How long a lease lasts goes by the broker's clock alone.
   */
  renewLease(lease: Lease): Promise<Result<LeaseOutcome>>;
  /** Gives up the lease, if one is held. */
  endLease(): Promise<Result<void>>;
  /**
   * Asks all gateways that hold a lease. Settles when all have answered, or the time is over; who has not answered by
   * then is missing, also when a link was lost. Too long a question is `refused`,
   * and one too many at a time `unavailable`.
   */
  ask(question: Question): Promise<Result<Answers>>;
  /** Settles once publications made from now on will be delivered. Subscribing twice is the same as once. */
  subscribe(channel: string): Promise<Result<void>>;
  /** Ends delivery on a channel, from this call on. */
  unsubscribe(channel: string): void;
  /** Ends everything. Calls still waiting settle with `closed`. */
  close(): Promise<void>;
}

export function success<Value>(value: Value): Result<Value> {
  return { ok: true, value };
}

export function failure(code: BrokerError["code"], message: string): Failure {
  return { ok: false, error: { code, message } };
}
