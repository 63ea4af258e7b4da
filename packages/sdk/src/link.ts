/** What leads from channels to a gateway: a connection of one's own, or one that is shared. */
import type { FeedOptions } from "./aside.ts";
import type { ConnectionState } from "./connection-state.ts";
import type { Guard } from "./listeners.ts";
import type { KeptPage } from "./message.ts";
import type { Answer, Expected } from "./outbox.ts";
import type { Subscription, SubscriptionHandlers } from "./subscription.ts";

export interface PublishOptions {
  /**
   * Idempotency key, 1 to 128 visible ASCII characters: within the gateway's window, publications of one user with the
   * same key on one channel are one. Give your own to repeat a publication after a reload.
   *
   * @default a random one, so that what this client repeats happens once
   */
  readonly key?: string;
  /**
   * Without a connection: `queue` waits for one, `fail` rejects with `offline` at once, and with `connection_lost` when
   * the connection ends before the answer.
   *
   * @default "queue"
   */
  readonly ifOffline?: "queue" | "fail";
}

export interface Published {
  /** On a stream channel: that of the message. Absent for a duplicate of which it is not known any more. */
  readonly position?: string;
  /** The key was known: it had gone out before, perhaps by this very call, and nothing was published now. */
  readonly duplicate: boolean;
}

export interface HistoryOptions {
  /** What was kept behind this position, the nearest messages. Not together with `before`. @default the newest ones */
  readonly since?: string;
  /** The newest messages before this position. */
  readonly before?: string;
  /** Most messages, 1 to 1,000. @default 100 */
  readonly limit?: number;
}

export interface Link {
  readonly state: ConnectionState;
  /** Calls the listener at each change; the result ends it. */
  onState(listener: (state: ConnectionState) => void): () => void;
  /** @throws TidewireError `already_subscribed` where these options can't be met any more */
  subscribe(channel: string, handlers: SubscriptionHandlers, options: FeedOptions): Subscription;
  /** @returns rejects with a TidewireError */
  publish(channel: string, json: string, options: PublishOptions): Promise<Published>;
  /** @returns rejects with a TidewireError */
  history(channel: string, options: HistoryOptions): Promise<KeptPage>;
  /**
   * Asks once, for `answerTimeoutMs` at most.
   *
   * @param write the line for the id that it gets; called again where it is repeated
   * @param isPatient whether it may wait for a connection, and is repeated on the next one
   * @returns rejects with a TidewireError
   */
  request<Type extends Expected>(
    expected: Type,
    write: (id: number) => string,
    isPatient: boolean,
  ): Promise<Answer<Type>>;
  /** How functions of the application are called. */
  readonly guard: Guard;
  /** Ends a wait for the next try, if there is one. */
  retryNow(): void;
  /** For good: nothing is left of it. May be called again. */
  close(): void;
}
