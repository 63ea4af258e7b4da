/**
 * Who is on one channel of one client, for all who want to know there: it shares the channel's subscription.
 *
 * Once nobody wants to know, it is kept up as long as the gateway tells it anyway: who asks again then knows at once,
 * and the subscription goes on as it is.
 */
import type { Aside, AsideFields, AsidePush } from "../aside.ts";
import type { Link } from "../link.ts";
import { Listeners } from "../listeners.ts";
import type { Subscription, SubscriptionState } from "../subscription.ts";
import { TidewireError } from "../tidewire-error.ts";
import { MemberList, type Moves, NO_MOVES } from "./member-list.ts";
import { OwnInfo } from "./own-info.ts";
import { type PresenceChange, type PresenceView, UNKNOWN } from "./presence-view.ts";

export class PresenceRoom implements Aside {
  readonly #link: Link;
  readonly #channel: string;
  readonly #onEmpty: () => void;
  readonly #listeners: Listeners<PresenceChange>;
  readonly #members = new MemberList();
  readonly #info: OwnInfo;
  #subscription: Subscription | undefined;
  /** Whether the gateway could say for certain who is there. */
  #isCertain = true;
  #view: PresenceView = UNKNOWN;

  /** @param onEmpty it has ended, and nobody is there to be told why */
  constructor(link: Link, channel: string, onEmpty: () => void) {
    this.#link = link;
    this.#channel = channel;
    this.#onEmpty = onEmpty;
    this.#listeners = new Listeners(link.guard);
    this.#info = new OwnInfo(link, channel);
  }

  get view(): PresenceView {
    return this.#view;
  }

  get hasEnded(): boolean {
    return this.#view.reason !== undefined;
  }

  /** The result ends it, and may be called again. */
  join(listener: (change: PresenceChange) => void, json: string | undefined): () => void {
    const remove = this.#listeners.add(listener);
    // What becomes of it is told by the subscription.
    if (json !== undefined) void this.#info.set(json);
    this.#subscription ??= this.#link.subscribe(this.#channel, {}, { aside: this });
    return () => {
      remove();
      if (this.#listeners.size > 0) return;
      this.#release();
      if (this.hasEnded) this.#onEmpty();
    };
  }

  /** Rejects with a TidewireError. */
  async update(json: string): Promise<void> {
    if (this.#view.reason) throw this.#view.reason;
    if (!this.#subscription) throw notSubscribed(this.#channel);
    await this.#info.set(json);
  }

  fields(): AsideFields | undefined {
    if (this.hasEnded) return undefined;
    if (this.#listeners.size > 0) return { presence: true, info: this.#info.ask() };
    this.#members.clear();
    this.#info.clear();
    this.#view = UNKNOWN;
    return undefined;
  }

  onPush(push: AsidePush): void {
    if (this.hasEnded) return;
    if (push.type === "presence" && push.code !== undefined) {
      const { code, message = "Nobody is told who is there." } = push;
      return this.#end(new TidewireError(code, message));
    }
    this.#info.confirm();
    const moves = this.#move(push);
    const members = this.#members.shown;
    // Without certainty more may be shown here than the gateway has heard of yet.
    const total = Math.max(push.total, members?.length ?? 0);
    this.#become({ members, total, isCurrent: this.#isCertain }, moves);
  }

  #move(push: AsidePush): Moves {
    if (push.type === "presence") return this.#members.change(push);
    this.#isCertain = push.complete !== false;
    return this.#members.replace(push.members, this.#isCertain);
  }

  onState(state: SubscriptionState): void {
    switch (state.kind) {
      case "subscribed":
        return this.#info.begin();
      case "subscribing":
        this.#info.pause();
        if (this.#view.isCurrent) this.#become({ ...this.#view, isCurrent: false });
        return;
      case "ended":
        return this.#end(state.reason ?? notSubscribed(this.#channel));
      default:
        state satisfies never;
    }
  }

  onRefused({ code, message }: { readonly code: string; readonly message: string }): void {
    this.#end(new TidewireError(code, message));
  }

  #end(reason: TidewireError): void {
    // The feed is left because it has ended, and says so again.
    if (this.hasEnded) return;
    this.#info.end(reason);
    this.#members.clear();
    this.#become({ ...UNKNOWN, reason });
    this.#release();
    if (this.#listeners.size === 0) this.#onEmpty();
  }

  #release(): void {
    const subscription = this.#subscription;
    this.#subscription = undefined;
    if (!this.hasEnded) this.#info.end(notSubscribed(this.#channel));
    subscription?.end();
  }

  #become(view: PresenceView, moves: Moves = NO_MOVES): void {
    this.#view = view;
    this.#listeners.call({ current: view, ...moves });
  }
}

function notSubscribed(channel: string): TidewireError {
  return new TidewireError("not_subscribed", `Nobody here wants to know who is on ${channel}.`);
}
