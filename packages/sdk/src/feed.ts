/**
 * What comes from one channel: one subscription at the gateway, renewed on every connection, for all subscribers here.
 *
 * Invariant: nothing is handed on but between the gateway's `subscribed` and the end of that connection, and no position
 * twice.
 */
import type { Aside, FeedOptions } from "./aside.ts";
import { backoffMs } from "./backoff.ts";
import type { ChannelPush } from "./connection.ts";
import type { Environment } from "./environment.ts";
import { type Guard, Listeners } from "./listeners.ts";
import { type Gap, type Message, type Removed, toMessage } from "./message.ts";
import type { Limits } from "./options.ts";
import { RecentPositions } from "./recent-positions.ts";
import type { SubscribeOptions, SubscriptionState } from "./subscription.ts";
import { TidewireError } from "./tidewire-error.ts";
import type { AnswerOf, Wire } from "./wire.ts";

const REMEMBERED_POSITIONS = 256;

export type FeedEvent =
  | { readonly kind: "message"; readonly message: Message }
  | { readonly kind: "gap"; readonly gap: Gap }
  | { readonly kind: "removed"; readonly removed: Removed }
  | { readonly kind: "state"; readonly state: SubscriptionState };

export interface FeedParts {
  readonly environment: Environment;
  readonly limits: Limits;
  readonly guard: Guard;
  /** The gateway does not answer, so that nobody knows what it has subscribed. */
  readonly onNoAnswer: () => void;
  /** It has ended without being left; another may take its place. */
  readonly onRemoved: () => void;
}

export class Feed {
  readonly channel: string;
  readonly #options: FeedOptions;
  readonly #parts: FeedParts;
  readonly #listeners: Listeners<FeedEvent>;
  readonly #recent = new RecentPositions(REMEMBERED_POSITIONS);
  #state: SubscriptionState = { kind: "subscribing" };
  #wire: Wire | undefined;
  #aside: Aside | undefined;
  /** How often it was asked for: answers to all but the last are for nobody. */
  #asked = 0;
  /** Whether that was with what the aside wants. */
  #isWhole = false;
  #hasBegun = false;
  /** Where the gateway's subscription began. */
  #start: string | undefined;
  /** Behind which the next one is to begin. */
  #position: string | undefined;
  #failures = 0;
  #hasMadeRoom = false;
  #cancelTimer = () => {};

  constructor(channel: string, options: FeedOptions, parts: FeedParts) {
    this.channel = channel;
    this.#options = options;
    this.#parts = parts;
    this.#listeners = new Listeners(parts.guard);
    this.#position = options.since;
    this.#aside = options.aside;
  }

  get state(): SubscriptionState {
    return this.#state;
  }

  /** Whether nobody listens. */
  get isIdle(): boolean {
    return this.#listeners.size === 0;
  }

  /** The result removes it. */
  listen(listener: (event: FeedEvent) => void): () => void {
    return this.#listeners.add(listener);
  }

  /** Whether these options would lead to the same as those that it has. */
  suits({ since, last, echo }: SubscribeOptions): boolean {
    return since === undefined && last === undefined && (echo === undefined || echo === this.#options.echo);
  }

  /**
   * Somebody wants more of the channel than its messages: where it is subscribed without, it is asked for anew. On a
   * stream channel it goes on behind what was handled; on a live one there is a gap, unless nothing was confirmed yet.
   */
  adopt(aside: Aside): void {
    if (this.#isWhole && this.#aside === aside) return;
    this.#aside = aside;
    if (this.#wire) this.#askAnew(this.#wire);
  }

  /** A connection stands: subscribes there, behind what was handled. */
  begin(wire: Wire): void {
    this.#wire = wire;
    this.#failures = 0;
    this.#hasMadeRoom = false;
    this.#ask(wire);
  }

  /** The connection is gone. */
  pause(): void {
    this.#end();
    this.#wait();
  }

  take(push: ChannelPush): void {
    // From before the gateway's `subscribed`: of a subscription that was left, or of a user's own channel.
    if (this.#state.kind !== "subscribed") return;
    switch (push.type) {
      case "message":
        return this.#takeMessage(push);
      case "gap":
        this.#position = push.position;
        return this.#tellGap("gateway");
      case "removed":
        return this.#remove(push);
      case "members":
      case "presence":
        return this.#aside?.onPush(push);
      default:
        push satisfies never;
    }
  }

  /** Nobody listens any more. */
  leave(): void {
    if (this.#wire) this.#unsubscribe(this.#wire);
    this.#end();
    this.#become({ kind: "ended" });
  }

  /** There will be no connection any more. */
  end(reason: TidewireError): void {
    this.#end();
    this.#become({ kind: "ended", reason });
  }

  #end(): void {
    this.#cancelTimer();
    this.#wire = undefined;
  }

  #unsubscribe(wire: Wire): void {
    const { channel } = this;
    wire.request("unsubscribed", (id) => JSON.stringify({ type: "unsubscribe", id, channel }), ignore);
  }

  #askAnew(wire: Wire): void {
    this.#wait();
    this.#unsubscribe(wire);
    this.#ask(wire);
  }

  #wait(): void {
    if (this.#state.kind === "subscribed") this.#become({ kind: "subscribing" });
  }

  #ask(wire: Wire): void {
    const { channel } = this;
    const { echo, last } = this.#options;
    const since = this.#position;
    const where = since === undefined ? { last } : { since };
    const more = this.#aside?.fields();
    this.#isWhole = more !== undefined;
    this.#asked += 1;
    const asked = this.#asked;
    this.#setTimer(this.#parts.limits.answerTimeoutMs, this.#parts.onNoAnswer);
    const write = (id: number) => JSON.stringify({ type: "subscribe", id, channel, echo, ...where, ...more });
    wire.request("subscribed", write, (reply) => {
      // An answer to a feed that was left meanwhile, or to what it had asked before.
      if (this.#wire !== wire || this.#asked !== asked) return;
      this.#cancelTimer();
      if (reply.type === "error") return this.#refuse(wire, reply);
      const { position } = reply;
      const hasMoved = position === undefined || position !== this.#start;
      const isWhole = since === undefined ? !this.#hasBegun || !hasMoved : reply.complete === true;
      this.#hasBegun = true;
      this.#start = position;
      // It is behind the last ones: until one of them has come, the next connection is asked for them again.
      this.#position = reply.last ? undefined : position;
      this.#become({ kind: "subscribed", resumable: reply.resumable });
      if (!isWhole) this.#tellGap("return");
    });
  }

  #refuse(wire: Wire, reply: Refused): void {
    if (reply.code === "already_subscribed" && !this.#hasMadeRoom) {
      // A user's own channel comes without being asked for; asked for, it comes with an answer and from a position.
      this.#hasMadeRoom = true;
      return this.#askAnew(wire);
    }
    // `cancelled` is for one that was left before; this one is still wanted.
    if (!reply.retry && reply.code !== "cancelled" && reply.code !== "already_subscribed")
      return this.#isWhole ? this.#giveUpAside(wire, reply) : this.#remove(reply);
    const { environment, limits } = this.#parts;
    const delayMs = backoffMs(this.#failures, limits, () => environment.random());
    this.#failures += 1;
    this.#setTimer(delayMs, () => this.#ask(wire));
  }

  /** Perhaps the messages alone can be had. */
  #giveUpAside(wire: Wire, reply: Refused): void {
    const aside = this.#aside;
    this.#aside = undefined;
    // First, since who is told may leave.
    this.#ask(wire);
    aside?.onRefused(reply);
  }

  #takeMessage(push: Extract<ChannelPush, { readonly type: "message" }>): void {
    if (push.position !== undefined) {
      if (!this.#recent.add(push.position)) return;
      this.#position = push.position;
    }
    const message = toMessage(this.channel, push);
    if (message) this.#listeners.call({ kind: "message", message });
  }

  #tellGap(reason: Gap["reason"]): void {
    this.#listeners.call({ kind: "gap", gap: { channel: this.channel, reason } });
  }

  #remove({ code, message }: { readonly code: string; readonly message: string }): void {
    this.#end();
    this.#parts.onRemoved();
    this.#listeners.call({ kind: "removed", removed: { channel: this.channel, code, message } });
    this.#become({ kind: "ended", reason: new TidewireError(code, message) });
  }

  #become(state: SubscriptionState): void {
    this.#state = state;
    this.#aside?.onState(state);
    this.#listeners.call({ kind: "state", state });
  }

  #setTimer(delayMs: number, callback: () => void): void {
    this.#cancelTimer();
    this.#cancelTimer = this.#parts.environment.after(delayMs, callback);
  }
}

type Refused = Extract<AnswerOf<"subscribed">, { readonly type: "error" }>;

/** Whether the gateway knew the subscription makes no difference any more. */
const ignore = () => {};
