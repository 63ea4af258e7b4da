/**
 * In the worker: one subscription at the gateway for all tabs that have subscribed a channel.
 *
 * Invariant: a tab gets each message behind the position at which it begins once and in order, or is told of a gap: it is
 * live only from the moment at which what it has got ends exactly where the subscription stands. Until then it reads
 * what is kept, page by page.
 */
import {
  type ErrorReply,
  errorReply,
  MAX_HISTORY_LIMIT,
  type Page,
  type Refusal,
  type Subscribe,
  type Subscribed,
} from "@tidewire/protocol";
import { backoffMs } from "../backoff.ts";
import type { AsidePush } from "../aside.ts";
import type { ChannelPush } from "../connection.ts";
import type { Environment } from "../environment.ts";
import type { Wire } from "../wire.ts";
import { RecentMessages } from "./recent-messages.ts";
import type { Tab as WholeTab } from "./tab.ts";

/** Where lines go. */
type Tab = Pick<WholeTab, "say">;

interface Member {
  readonly tab: Tab;
  readonly request: Subscribe;
  /** `asked`: not answered yet. `behind`: reads what is kept. */
  stage: "asked" | "behind" | "live";
  /** Behind what it has got, while it is behind. */
  position: string;
  tries: number;
  cancelTimer: () => void;
}

/** Where a tab begins, as the answer to it has it. */
interface Beginning {
  readonly resumable: boolean;
  readonly position?: string | undefined;
  readonly complete?: boolean | undefined;
  readonly last?: number | undefined;
}

/** How long until it is asked again for what the subscription should have brought meanwhile. */
const CATCH_UP = { minBackoffMs: 100, maxBackoffMs: 5_000 };

export class SharedChannel {
  readonly #name: string;
  readonly #wire: Wire;
  readonly #environment: Environment;
  readonly #onEmpty: () => void;
  readonly #members = new Map<Tab, Member>();
  readonly #recent = new RecentMessages();
  #subscribed: Subscribed | undefined;
  #isAsking = false;
  #hasMadeRoom = false;

  /** @param onEmpty it is of no use any more */
  constructor(name: string, wire: Wire, environment: Environment, onEmpty: () => void) {
    this.#name = name;
    this.#wire = wire;
    this.#environment = environment;
    this.#onEmpty = onEmpty;
  }

  subscribe(tab: Tab, request: Subscribe): void {
    if (request.echo === false) {
      this.#refuse(tab, request, NO_ECHO);
      if (this.#members.size === 0) this.#onEmpty();
      return;
    }
    if (this.#members.has(tab)) return this.#refuse(tab, request, ALREADY_SUBSCRIBED);
    const member: Member = { tab, request, stage: "asked", position: "", tries: 0, cancelTimer: () => {} };
    this.#members.set(tab, member);
    if (this.#subscribed) this.#join(member, this.#subscribed);
    else if (!this.#isAsking) this.#ask(member);
  }

  leave(tab: Tab): void {
    if (!this.#forget(tab) || this.#members.size > 0) return;
    this.#unsubscribe();
    this.#onEmpty();
  }

  /** Nothing more comes from the gateway. */
  end(): void {
    for (const { cancelTimer } of this.#members.values()) cancelTimer();
    this.#members.clear();
  }

  take(push: Exclude<ChannelPush, AsidePush>): void {
    if (!this.#subscribed) return;
    const line = JSON.stringify(push);
    // Codes may be newer than this worker: what the gateway says is passed on as it is.
    switch (push.type) {
      case "message":
        if (push.position !== undefined) this.#recent.add(push.position, line);
        return this.#pass(line, push.position);
      case "gap":
        this.#recent.begin(push.position);
        return this.#pass(line, undefined);
      case "removed":
        for (const { tab, stage, request } of this.#members.values()) {
          const { code, message } = push;
          if (stage === "asked") tab.say({ type: "error", id: request.id, code, message, retry: false });
          else tab.say(line);
        }
        this.end();
        return this.#onEmpty();
      default:
        push satisfies never;
    }
  }

  #pass(line: string, position: string | undefined): void {
    for (const member of this.#members.values()) {
      if (member.stage === "live") member.tab.say(line);
      // It has this one from a page, and gets what follows.
      else if (member.stage === "behind" && member.position === position) this.#becomeLive(member);
    }
  }

  /** Subscribes at the gateway, for a tab that comes back behind what it had. */
  #ask(first: Member): void {
    const { since } = first.request;
    this.#isAsking = true;
    // Tabs hear each other, which is more than a client hears of itself.
    const write = (id: number) =>
      JSON.stringify({ type: "subscribe", id, channel: this.#name, echo: true, since });
    this.#wire.request("subscribed", write, (reply) => {
      this.#isAsking = false;
      if (this.#members.size === 0) return;
      if (reply.type === "error") return this.#takeRefusal(first, reply);
      this.#subscribed = reply;
      this.#recent.begin(reply.position);
      // It begins there whether that is whole or not, and is told.
      if (since !== undefined && this.#isMember(first)) this.#confirm(first, reply);
      for (const member of this.#members.values()) {
        if (member.stage === "asked") this.#join(member, reply);
      }
    });
  }

  #takeRefusal(first: Member, reply: ErrorReply): void {
    if (reply.code === "already_subscribed" && !this.#hasMadeRoom) {
      // A user's own channel comes without being asked for.
      this.#hasMadeRoom = true;
      this.#unsubscribe();
      return this.#ask(first);
    }
    if (this.#isMember(first)) {
      this.#forget(first.tab);
      first.tab.say({ ...reply, id: first.request.id });
    }
    const [next] = this.#members.values();
    // What one was refused for may not hold for another: a position that is none.
    if (next) this.#ask(next);
    else this.#onEmpty();
  }

  /** The subscription stands: the tab begins there, or further back. */
  #join(member: Member, subscribed: Subscribed): void {
    const { since, last = 0 } = member.request;
    // Nothing is kept of a live channel.
    if (!subscribed.resumable) return this.#confirm(member, { ...subscribed, complete: false });
    if (since !== undefined) {
      member.position = since;
      if (this.#recent.after(since) === undefined)
        return this.#read(member, { since, limit: MAX_HISTORY_LIMIT });
      this.#confirm(member, { ...subscribed, position: since, complete: true });
      return this.#becomeLive(member);
    }
    if (last > 0) return this.#read(member, { limit: last });
    this.#confirm(member, { resumable: true, position: this.#recent.position ?? subscribed.position });
  }

  #confirm(member: Member, { resumable, position, complete, last }: Beginning): void {
    const { tab, request } = member;
    member.stage = "live";
    tab.say({
      type: "subscribed",
      id: request.id,
      channel: this.#name,
      resumable,
      ...(position !== undefined && { position }),
      ...(request.since !== undefined && { complete: complete === true }),
      ...(last !== undefined && { last }),
    });
    const isMore = request.presence === true || request.info !== undefined;
    if (isMore) tab.say({ type: "presence", channel: this.#name, total: 0, ...NO_PRESENCE });
  }

  /** One page of what is kept. */
  #read(member: Member, where: { readonly since?: string; readonly limit: number }): void {
    const write = (id: number) => JSON.stringify({ type: "history", id, channel: this.#name, ...where });
    this.#wire.request("page", write, (reply) => {
      // It may have become live meanwhile.
      if (!this.#isMember(member) || member.stage === "live") return;
      if (reply.type === "page") return this.#takePage(member, reply, where.since !== undefined);
      if (member.stage === "behind") return this.#skip(member);
      member.tab.say({ ...reply, id: member.request.id });
      this.leave(member.tab);
    });
  }

  #takePage(member: Member, page: Page, isForward: boolean): void {
    const isWhole = page.complete || !isForward;
    if (member.stage === "asked") {
      const position = isWhole ? (member.request.since ?? page.position) : this.#recent.position;
      const last = isForward ? undefined : page.messages.length;
      this.#confirm(member, { resumable: true, position, complete: isWhole, last });
      // Told by `complete`, it goes on with what is new.
      if (!isWhole) return;
      member.stage = "behind";
    } else if (!isWhole) {
      return this.#skip(member);
    }
    for (const message of page.messages) member.tab.say({ type: "message", channel: this.#name, ...message });
    const hasMore = isForward && page.more;
    const newest = page.messages.at(-1)?.position;
    member.position = hasMore && newest !== undefined ? newest : page.position;
    if (newest !== undefined) member.tries = 0;
    this.#goOn(member, hasMore && newest !== undefined);
  }

  #goOn(member: Member, hasMore: boolean): void {
    if (this.#recent.after(member.position) !== undefined) return this.#becomeLive(member);
    const read = () => this.#read(member, { since: member.position, limit: MAX_HISTORY_LIMIT });
    if (hasMore) return read();
    // The subscription is not there yet, or was there long ago: whichever it is, asking again finds out.
    const delayMs = backoffMs(member.tries, CATCH_UP, () => this.#environment.random());
    member.tries += 1;
    member.cancelTimer = this.#environment.after(delayMs, read);
  }

  /** With all that the subscription has brought behind its position. */
  #becomeLive(member: Member): void {
    member.cancelTimer();
    member.stage = "live";
    for (const line of this.#recent.after(member.position) ?? []) member.tab.say(line);
  }

  /** What is between can't be had. */
  #skip(member: Member): void {
    const { position } = this.#recent;
    member.cancelTimer();
    member.stage = "live";
    member.tab.say({ type: "gap", channel: this.#name, ...(position !== undefined && { position }) });
  }

  #refuse(tab: Tab, { id }: Subscribe, { code, message }: Refusal): void {
    tab.say(errorReply(id, code, message));
  }

  #isMember(member: Member): boolean {
    return this.#members.get(member.tab) === member;
  }

  /** Whether it was one. */
  #forget(tab: Tab): boolean {
    this.#members.get(tab)?.cancelTimer();
    return this.#members.delete(tab);
  }

  #unsubscribe(): void {
    const write = (id: number) => JSON.stringify({ type: "unsubscribe", id, channel: this.#name });
    this.#wire.request("unsubscribed", write, ignore);
  }
}

const NO_ECHO: Refusal = {
  code: "unsupported",
  message: "On a connection that tabs share, each hears what all of them publish: echo can't be off.",
};
const NO_PRESENCE: Refusal = {
  code: "unsupported",
  message: "On a connection that tabs share, nobody is told who is there; it can be asked for.",
};
const ALREADY_SUBSCRIBED: Refusal = { code: "already_subscribed", message: "This channel is subscribed." };

/** Whether the gateway knew the subscription makes no difference any more. */
const ignore = () => {};
