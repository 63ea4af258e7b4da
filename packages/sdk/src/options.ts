/** What an application may set, with names, units and defaults. */
import type { Environment } from "./environment.ts";
import { TidewireError } from "./tidewire-error.ts";

/** Times and sizes. Every one has a default that suits a page and a server alike. */
export interface Limits {
  /** How long one try may take, from opening the socket to the gateway's `connected`. @default 10_000 // ms */
  readonly connectTimeoutMs: number;
  /** How long `getToken` may take. @default 10_000 // ms */
  readonly tokenTimeoutMs: number;
  /** The first wait is a random time up to this; it doubles with each failure. @default 500 // ms */
  readonly minBackoffMs: number;
  /** No wait is longer, also where the gateway advises one. @default 30_000 // ms */
  readonly maxBackoffMs: number;
  /** A connection that ended sooner does not count as a recovery: the waits go on growing. @default 5_000 // ms */
  readonly steadyAfterMs: number;
  /**
   * After how long a silence the gateway is asked for a sign of life; sooner where it names a shorter interval. With 0,
   * only where it names one.
   *
   * @default 10_000 // ms
   */
  readonly heartbeatIntervalMs: number;
  /**
   * How long it may take to give one, and no longer than the interval. On a slow line, a large message on its way takes
   * its time.
   *
   * @default 8_000 // ms
   */
  readonly heartbeatTimeoutMs: number;
  /** How long a subscription, or a page of history, may stay unanswered. @default 30_000 // ms */
  readonly answerTimeoutMs: number;
  /**
   * How long after its first sending a publication is repeated, with its key, when it was not answered or the answer
   * says try again; no longer than the gateway remembers keys.
   *
   * @default 120_000 // ms
   */
  readonly repeatWithinMs: number;
}

/** Publications that were not acknowledged yet: on their way, or waiting for a connection. */
export interface QueueLimits {
  /** @default 1_000 */
  readonly maxMessages: number;
  /** Of their data as JSON, in bytes. @default 1_048_576 // 1 MiB */
  readonly maxBytes: number;
}

/** The same environment with another way to open what looks as a WebSocket. */
export type Share = (environment: Environment) => Environment;

export interface ConnectOptions extends Partial<Limits> {
  /** A JSON Web Token to begin with. @default the first one comes from `getToken`, if there is one */
  readonly token?: string;
  /**
   * Asked for a token when there is none, and for a new one when the old one ends or was not accepted. It may throw or
   * hang: it is asked again, after a while.
   */
  readonly getToken?: () => Promise<string>;
  readonly queue?: Partial<QueueLimits>;
  /** One connection for several tabs, as `shareTabs` of `@tidewire/sdk/shared` makes it. @default one for each client */
  readonly share?: Share;
  /**
   * Gets what a listener of yours threw; the other listeners are called all the same.
   *
   * @default `reportError`, or where there is none (Node.js) an uncaught exception: as for any event listener
   */
  readonly onError?: (error: unknown) => void;
}

export const DEFAULT_LIMITS: Limits = {
  connectTimeoutMs: 10_000,
  tokenTimeoutMs: 10_000,
  minBackoffMs: 500,
  maxBackoffMs: 30_000,
  steadyAfterMs: 5_000,
  heartbeatIntervalMs: 10_000,
  heartbeatTimeoutMs: 8_000,
  answerTimeoutMs: 30_000,
  repeatWithinMs: 120_000,
};

export const DEFAULT_QUEUE: QueueLimits = { maxMessages: 1_000, maxBytes: 1_048_576 };

/** The given values, and the defaults for those that are not there. @throws TidewireError for one that is no number */
export function withDefaults<Values extends { readonly [Name in keyof Values]: number }>(
  defaults: Values,
  given: Partial<Values>,
): Values {
  const names = Object.keys(defaults) as (keyof Values & string)[];
  const entries = names.map((name) => {
    const value: number = given[name] ?? defaults[name];
    if (!(value >= 0)) throw new TidewireError("bad_request", `${name} must be a number from 0 on.`);
    return [name, value] as const;
  });
  return Object.fromEntries(entries) as Values;
}
