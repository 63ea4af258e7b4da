/**
 * What the page shows of one channel at a time: its messages and gaps, what became of the connection, and the page's own
 * publications on their way. It does not know React.
 *
 * Invariant: it listens to one client and one channel at most, and to none after `close()`.
 */

import type {
  Channel,
  ConnectionState,
  Gap,
  Message,
  Removed,
  Subscription,
  SubscriptionState,
  Tidewire,
  TidewireError,
} from "@tidewire/sdk";
import { otherDay } from "./clock-time.ts";
import { Deliveries, type Delivery } from "./deliveries.ts";
import { LogBuffer, type LogView, type NoteTone } from "./log-buffer.ts";
import { messageItem } from "./message-item.ts";
import { nextOutlook, type Outlook, outlookOn } from "./outlook.ts";

const LOG_LIMIT = 500;
/** How many of the newest messages of a stream channel are shown at its opening. */
const SHOWN_AT_OPENING = 50;
/** After this time what was sent is not waited for any more: it went out while nobody listened here. */
const COMES_BACK_WITHIN_MS = 10_000;

/** The part of a client that is used here. */
export interface LogClient extends Pick<Tidewire, "onState" | "state"> {
  channel(name: string): Pick<Channel, "publish" | "subscribe">;
}

/** What the log needs of the world; a test hands in its own. */
export interface LogEnvironment {
  /** Calls back once, at the next frame to be drawn. */
  nextFrame(callback: () => void): void;
  nowMs(): number;
  /** An idempotency key that nobody else will choose. */
  newKey(): string;
}

export interface LogSnapshot {
  readonly log: LogView;
  readonly subscription: SubscriptionState;
  /** The page's own publications that the channel has not brought back. */
  readonly deliveries: readonly Delivery[];
  /** When the broker last took one. */
  readonly sentAtMs: number | undefined;
}

interface Opened {
  readonly client: LogClient;
  readonly channel: string;
  readonly subscription: Subscription;
  readonly stopListening: () => void;
}

interface Opening {
  readonly channel: string;
  /** It goes on where the page was before, and its client does not know from where. */
  isReturn: boolean;
}

export class ChannelLog {
  readonly #environment: LogEnvironment;
  readonly #log = new LogBuffer(LOG_LIMIT);
  readonly #deliveries = new Deliveries();
  readonly #listeners = new Set<() => void>();
  /** By channel: behind which message to go on. */
  readonly #positions = new Map<string, string>();
  #opened: Opened | undefined;
  #outlook: Outlook = outlookOn({ kind: "connecting" });
  #subscription: SubscriptionState = { kind: "subscribing" };
  /** Which channel was listened to last, over all clients. */
  #lastHeard: string | undefined;
  #isFrameDue = false;
  #sentAtMs: number | undefined;
  #snapshot: LogSnapshot;

  constructor(environment: LogEnvironment) {
    this.#environment = environment;
    this.#snapshot = this.#read();
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly getSnapshot = (): LogSnapshot => this.#snapshot;

  /** Listens to this channel of this client, and to nothing else any more. */
  open(client: LogClient, channel: string): void {
    this.close();
    const since = this.#positions.get(channel);
    const opening = { channel, isReturn: this.#lastHeard === channel && since === undefined };
    const handlers = {
      onMessage: (message: Message) => this.#onMessage(message),
      onGap: ({ reason }: Gap) => this.#onGap(reason),
      onRemoved: (removed: Removed) => this.#onRemoved(removed),
      onState: (state: SubscriptionState) => this.#onSubscription(state, opening),
    };
    const where = since === undefined ? { last: SHOWN_AT_OPENING } : { since };
    // The page's own messages come back through the broker, whatever the channel's rule says.
    const subscription = client.channel(channel).subscribe(handlers, { ...where, echo: true });
    const stopListening = client.onState((state) => this.#onConnection(state));
    this.#opened = { client, channel, subscription, stopListening };
    if (this.#outlook.state !== client.state) this.#outlook = nextOutlook(this.#outlook, client.state);
    this.#subscription = subscription.state;
    this.#become();
  }

  close(): void {
    this.#opened?.subscription.end();
    this.#opened?.stopListening();
    this.#opened = undefined;
    this.#logSent(Infinity);
    this.#become();
  }

  /** Listens again, where the gateway had ended that. */
  readonly listenAgain = (): void => {
    if (this.#opened) this.open(this.#opened.client, this.#opened.channel);
  };

  readonly publish = (text: string): void => {
    if (this.#opened) this.#publish(text, this.#opened.channel, this.#environment.newKey());
  };

  /** Publishes one again that failed, with its key: should it have gone out after all, it is not published twice. */
  readonly publishAgain = ({ id, text, channel, key }: Delivery): void => {
    this.#deliveries.remove(id);
    this.#publish(text, channel, key);
  };

  readonly discard = ({ id }: Delivery): void => {
    this.#deliveries.remove(id);
    this.#become();
  };

  readonly clear = (): void => {
    this.#deliveries.takeSent(Infinity);
    this.#log.clear();
    this.#become();
  };

  #publish(text: string, channel: string, key: string): void {
    if (!this.#opened) return;
    const { client } = this.#opened;
    const { id } = this.#deliveries.add({ channel, text, key, atMs: this.#environment.nowMs() });
    client
      .channel(channel)
      .publish(text, { key })
      .then(
        () => this.#onPublished(id, channel),
        (reason: TidewireError) => {
          this.#deliveries.fail(id, reason);
          this.#becomeSoon();
        },
      );
    this.#becomeSoon();
  }

  #onPublished(id: number, channel: string): void {
    this.#sentAtMs = this.#environment.nowMs();
    this.#deliveries.succeed(id, this.#sentAtMs);
    const isHeard = this.#subscription.kind !== "ended" && channel === this.#opened?.channel;
    if (!isHeard) this.#logSent(Infinity);
    this.#becomeSoon();
  }

  #onMessage(message: Message): void {
    const nowMs = this.#environment.nowMs();
    const { channel, time, position, data } = message;
    if (position !== undefined) this.#positions.set(channel, position);
    if (typeof data === "string") this.#deliveries.see(channel, data);
    this.#logSent(nowMs - COMES_BACK_WITHIN_MS);
    this.#log.add(messageItem(message), time, otherDay(time, nowMs));
    this.#becomeSoon();
  }

  #onGap(reason: Gap["reason"]): void {
    this.#log.add({ kind: "gap", reason }, this.#environment.nowMs());
    this.#become();
  }

  #onRemoved({ channel, code, message }: Removed): void {
    this.#note("bad", `Not listening to “${channel}”. The gateway says: ${message} (${code})`);
  }

  #onSubscription(state: SubscriptionState, opening: Opening): void {
    this.#subscription = state;
    if (state.kind === "ended") this.#logSent(Infinity);
    if (state.kind === "subscribed") {
      const { channel, isReturn } = opening;
      const connected = this.#lastHeard === channel ? "Connected again" : "Connected";
      this.#note("good", `${connected}. Listening on “${channel}”.`);
      this.#lastHeard = channel;
      opening.isReturn = false;
      if (isReturn && !state.resumable) this.#onGap("return");
    }
    this.#become();
  }

  #onConnection(state: ConnectionState): void {
    const before = this.#outlook.failure;
    this.#outlook = nextOutlook(this.#outlook, state);
    const { failure } = this.#outlook;
    // A long outage is one note, not one for each try.
    if (failure && failure.detail !== before?.detail) {
      this.#note(state.kind === "stopped" ? "bad" : "warning", `${failure.title}. ${failure.detail}`);
    }
    this.#become();
  }

  /** What was sent until then and did not come back gets its place in the log without that. */
  #logSent(untilMs: number): void {
    for (const { channel, text, atMs } of this.#deliveries.takeSent(untilMs))
      this.#log.add({ kind: "sent", channel, text }, atMs);
  }

  #note(tone: NoteTone, text: string): void {
    this.#log.add({ kind: "note", tone, text }, this.#environment.nowMs());
  }

  /** With the next frame, together with all that comes until then. */
  #becomeSoon(): void {
    if (this.#isFrameDue) return;
    this.#isFrameDue = true;
    this.#environment.nextFrame(() => {
      this.#isFrameDue = false;
      this.#become();
    });
  }

  #become(): void {
    this.#snapshot = this.#read();
    for (const listener of this.#listeners) listener();
  }

  #read(): LogSnapshot {
    return {
      log: this.#log.commit(),
      subscription: this.#subscription,
      deliveries: this.#deliveries.view,
      sentAtMs: this.#sentAtMs,
    };
  }
}
