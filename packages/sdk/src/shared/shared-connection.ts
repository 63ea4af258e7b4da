/**
 * In the worker: one connection to a gateway for several tabs, to each of which it is a gateway itself.
 *
 * It comes back by itself as little as a WebSocket does: when it ends, it ends for every tab with the same close code,
 * and the client in each knows what to do, and where it was on each channel.
 */
import { type Connected, errorReply, type Push, type Request, V1_SUBPROTOCOL } from "@tidewire/protocol";
import type { Environment, SocketLike } from "../environment.ts";
import { Heartbeat } from "../heartbeat.ts";
import { DEFAULT_LIMITS } from "../options.ts";
import { type AnswerOf, Wire } from "../wire.ts";
import { SharedChannel } from "./shared-channel.ts";
import type { Tab } from "./tab.ts";

type Asked<Type extends Request["type"]> = Extract<Request, { readonly type: Type }>;
type ReplyType = Parameters<Wire["request"]>[0];

/** As for a connection that broke, and for one that may not be opened. */
const [BROKEN, NOT_ALLOWED] = [1006, 1008];

export class SharedConnection {
  readonly #url: string;
  readonly #environment: Environment;
  readonly #onEnd: () => void;
  readonly #tabs = new Set<Tab>();
  /** Those that have said `connect`, until the gateway has answered. */
  readonly #waiting = new Map<Tab, Asked<"connect">>();
  readonly #channels = new Map<string, SharedChannel>();
  #wire: Wire | undefined;
  #isOpen = false;
  /** Whose token the gateway was given. */
  #greeter: Tab | undefined;
  #connected: Connected | undefined;
  #expiresAtMs: number | undefined;
  /** What the gateway has said of the token's end, while no new one was given. */
  #expiring: string | undefined;
  #heartbeat: Heartbeat | undefined;
  #cancelDeadline = () => {};
  #isEnded = false;

  constructor(url: string, environment: Environment, onEnd: () => void) {
    this.#url = url;
    this.#environment = environment;
    this.#onEnd = onEnd;
  }

  /** The first one opens it. */
  add(tab: Tab): void {
    this.#tabs.add(tab);
    if (this.#tabs.size === 1 && !this.#wire) this.#openSocket();
  }

  remove(tab: Tab): void {
    this.#tabs.delete(tab);
    this.#waiting.delete(tab);
    for (const channel of this.#channels.values()) channel.leave(tab);
    if (this.#tabs.size === 0) this.#end(BROKEN, "Nobody is there any more.");
  }

  take(tab: Tab, request: Request): void {
    if (request.type === "connect") return this.#connect(tab, request);
    if (!this.#connected)
      return tab.say(errorReply(request.id, "unavailable", "There is no connection yet."));
    switch (request.type) {
      case "subscribe":
        return this.#channel(request.channel).subscribe(tab, request);
      case "unsubscribe":
        this.#channels.get(request.channel)?.leave(tab);
        return tab.say({ type: "unsubscribed", id: request.id, channel: request.channel });
      case "publish":
        return this.#forward(tab, request, "published");
      case "history":
        return this.#forward(tab, request, "page");
      case "refresh":
        return this.#refresh(tab, request);
      case "ping":
        // The tab asks whether the worker lives; the worker asks whether the gateway does.
        this.#heartbeat?.probe();
        return tab.say({ type: "pong", id: request.id });
      case "presence":
        return this.#forward(tab, request, "present");
      case "update":
        return tab.say(errorReply(request.id, "unsupported", "Not on a connection that tabs share."));
      default:
        request satisfies never;
    }
  }

  #openSocket(): void {
    const limitMs = DEFAULT_LIMITS.connectTimeoutMs;
    this.#cancelDeadline = this.#environment.after(limitMs, () =>
      this.#end(BROKEN, "The gateway did not answer."),
    );
    let socket: SocketLike;
    try {
      socket = this.#environment.openSocket(this.#url, V1_SUBPROTOCOL);
    } catch {
      return this.#end(NOT_ALLOWED, "This URL can't be opened here.");
    }
    this.#wire = new Wire(socket, {
      onOpen: () => {
        this.#isOpen = true;
        this.#greet();
      },
      onHeard: () => this.#heartbeat?.hear(),
      onPush: (push) => this.#takePush(push),
      onClose: (code, reason) => this.#end(code, reason),
    });
  }

  #connect(tab: Tab, request: Asked<"connect">): void {
    if (this.#connected) return this.#welcome(tab, request, this.#connected);
    this.#waiting.set(tab, request);
    this.#greet();
  }

  /** With the token of whoever came first. */
  #greet(): void {
    const [first] = this.#waiting;
    if (!this.#isOpen || this.#greeter || !first) return;
    const [tab, { token }] = first;
    this.#greeter = tab;
    const write = (id: number) => JSON.stringify({ type: "connect", id, token });
    this.#wire?.request("connected", write, (reply) => this.#takeGreeting(first, reply));
  }

  #takeGreeting([tab, request]: readonly [Tab, Asked<"connect">], reply: AnswerOf<"connected">): void {
    if (reply.type === "error") {
      tab.say({ ...reply, id: request.id });
      return this.#end(BROKEN, "Another tab was not let in.");
    }
    this.#cancelDeadline();
    this.#connected = reply;
    this.#expiresIn(reply.expiresInMs);
    if (this.#wire) this.#wire.maxFrameBytes = reply.maxFrameBytes;
    this.#beginHeartbeat(reply.heartbeatIntervalMs);
    for (const [each, asked] of this.#waiting) this.#welcome(each, asked, reply);
    this.#waiting.clear();
  }

  #welcome(tab: Tab, { id }: Asked<"connect">, connected: Connected): void {
    const expiresInMs = this.#expiresAtMs && Math.max(0, this.#expiresAtMs - this.#environment.nowMs());
    tab.say({ ...connected, id, ...(expiresInMs !== undefined && { expiresInMs }) });
    if (this.#expiring) tab.say(this.#expiring);
  }

  #beginHeartbeat(gatewayIntervalMs: number): void {
    this.#heartbeat = new Heartbeat({
      gatewayIntervalMs,
      limits: DEFAULT_LIMITS,
      environment: this.#environment,
      ask: () => this.#wire?.request("pong", (id) => JSON.stringify({ type: "ping", id }), ignore),
      onSilence: () => this.#end(BROKEN, "Nothing came from the gateway any more."),
    });
  }

  /** Any tab's token will do: all have signed in as one. */
  #refresh(tab: Tab, request: Asked<"refresh">): void {
    this.#forward(tab, request, "refreshed", (reply) => {
      if (reply.type !== "refreshed") return;
      this.#expiresIn(reply.expiresInMs);
      this.#expiring = undefined;
    });
  }

  #expiresIn(ms: number | undefined): void {
    this.#expiresAtMs = ms === undefined ? undefined : this.#environment.nowMs() + ms;
  }

  #forward<Type extends ReplyType>(
    tab: Tab,
    request: Request,
    expected: Type,
    onReply: (reply: AnswerOf<Type>) => void = ignore,
  ): void {
    const write = (id: number) => JSON.stringify({ ...request, id });
    this.#wire?.request(expected, write, (reply) => {
      onReply(reply);
      tab.say({ ...reply, id: request.id });
    });
  }

  #takePush(push: Push): void {
    switch (push.type) {
      case "expiring":
        this.#expiring = JSON.stringify(push);
        return this.#sayToAll(this.#expiring);
      case "leaving":
        return this.#sayToAll(JSON.stringify(push));
      case "message":
      case "gap":
      case "removed":
        return this.#channels.get(push.channel)?.take(push);
      case "members":
      case "presence":
        // Tabs can't ask for them.
        return;
      default:
        push satisfies never;
    }
  }

  #sayToAll(line: string): void {
    if (!this.#connected) return;
    for (const tab of this.#tabs) tab.say(line);
  }

  #channel(name: string): SharedChannel {
    const known = this.#channels.get(name);
    if (known) return known;
    const wire = this.#wire as Wire;
    const channel: SharedChannel = new SharedChannel(name, wire, this.#environment, () => {
      if (this.#channels.get(name) === channel) this.#channels.delete(name);
    });
    this.#channels.set(name, channel);
    return channel;
  }

  #end(code: number, reason: string): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#cancelDeadline();
    this.#heartbeat?.end();
    this.#wire?.end();
    for (const channel of this.#channels.values()) channel.end();
    this.#channels.clear();
    this.#onEnd();
    for (const tab of this.#tabs) {
      // A token that was not accepted says nothing of those of others.
      const isTheirs = this.#connected || !this.#greeter || tab === this.#greeter;
      tab.close(isTheirs ? code : BROKEN, isTheirs ? reason : "Another tab was not let in.");
    }
  }
}

/** Any line is a sign of life, and was counted as it came. */
const ignore = () => {};
