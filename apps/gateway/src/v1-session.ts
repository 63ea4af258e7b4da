/**
 * The v1 session: requests in, replies and pushes out, any number of channels.
 *
 * Invariant: every request that can be answered is answered once. Nothing comes on a channel before the reply
 * `subscribed` or after the reply `unsubscribed`.
 */
import type { Broker, Publication } from "@tidewire/broker";
import {
  CLOSE_CODES,
  type CloseCode,
  decodeRequest,
  encode,
  errorReply,
  type Publish,
  type Push,
  type Refusal,
  type Reply,
  type Request,
  type RequestResult,
  splitFrame,
  type Subscribe,
} from "@tidewire/protocol";
import { brokerRefusal, CHANNEL_REFUSED } from "./broker-refusal.ts";
import type { ChannelRule, ChannelRules } from "./channel-rules.ts";
import { type Connection, goodbye } from "./connection.ts";
import type { Hub, WireForm } from "./hub.ts";
import type { Interest } from "./interest.ts";
import { parseJson } from "./json.ts";
import { connectionRate, type Limits } from "./limits.ts";
import { Pacer } from "./pacer.ts";
import type { Session } from "./session.ts";
import { TokenBucket } from "./token-bucket.ts";
import { toPublication } from "./v1-publication.ts";
import {
  ALREADY_CONNECTED,
  ALREADY_SUBSCRIBED,
  CANCELLED,
  MAY_NOT_PUBLISH,
  MAY_NOT_SUBSCRIBE,
  NOT_SUBSCRIBED,
  RATE_LIMITED,
  TOO_MANY_SUBSCRIPTIONS,
  UNSUPPORTED,
} from "./v1-refusals.ts";

/** What all v1 sessions of a gateway share. */
export interface V1SessionOptions {
  readonly broker: Broker;
  readonly hub: Hub;
  readonly interest: Interest;
  readonly rules: ChannelRules;
  readonly limits: Limits;
  readonly form: WireForm;
  /** Of this gateway's process. */
  readonly gatewayId: string;
  /** Milliseconds of a clock that only goes forward. */
  readonly now: () => number;
}

type State =
  /** The client has to say `connect` before the timer ends. */
  | { readonly kind: "opening"; readonly timer: NodeJS.Timeout }
  | { readonly kind: "open" }
  | { readonly kind: "closed" };

interface Subscription {
  /** Whether the client gets its own messages back. */
  readonly echo: boolean;
  /** Whether the broker has confirmed it. */
  isJoined: boolean;
}

export class V1Session implements Session {
  readonly #connection: Connection;
  readonly #id: string;
  readonly #options: V1SessionOptions;
  readonly #pacer: Pacer<string>;
  readonly #subscriptions = new Map<string, Subscription>();
  /** How fast it may still publish where a rule bounds that. */
  readonly #buckets = new Map<ChannelRule, TokenBucket>();
  /** Lines that are written at the end of this turn, in one frame. */
  #lines: Buffer[] = [];
  #state: State;

  /** @param id of the connection; never used again */
  constructor(connection: Connection, id: string, options: V1SessionOptions) {
    const { limits, now } = options;
    this.#connection = connection;
    this.#id = id;
    this.#options = options;
    this.#pacer = new Pacer({
      connection,
      bucket: new TokenBucket(connectionRate(limits), now),
      maxPending: limits.maxPendingRequestsPerConnection,
      handle: (line) => this.#handle(line),
    });
    const timer = setTimeout(() => this.#close(CLOSE_CODES.connectTimeout), limits.handshakeTimeoutMs);
    this.#state = { kind: "opening", timer };
  }

  onMessage(data: Buffer, isBinary: boolean): void {
    if (this.#state.kind === "closed") return;
    if (isBinary) return this.#close(CLOSE_CODES.unsupportedData);
    const lines = splitFrame(data.toString());
    if (!lines) return this.#close(CLOSE_CODES.malformed);
    for (const line of lines) this.#pacer.push(line);
  }

  onRefused(channel: string): void {
    if (!this.#leave(channel)) return;
    const { code, message } = CHANNEL_REFUSED;
    this.#say({ type: "removed", channel, code, message });
  }

  leave(reconnectMs: number): void {
    this.#say({ type: "leaving", reconnectMs });
    this.#flush();
    this.#connection.close(goodbye(reconnectMs));
  }

  onClose(): void {
    this.#end();
    this.#pacer.leave();
    for (const channel of this.#subscriptions.keys()) this.#leave(channel);
  }

  #handle(line: string): Promise<void> | undefined {
    const result = decodeRequest(line, parseJson);
    if (this.#state.kind === "opening" && !isConnect(result)) {
      this.#close(result.kind === "malformed" ? CLOSE_CODES.malformed : CLOSE_CODES.notConnected);
      return undefined;
    }
    switch (result.kind) {
      case "request":
        return this.#answer(result.request);
      case "fault":
        this.#refuse(result.id, result);
        return undefined;
      case "malformed":
        this.#close(CLOSE_CODES.malformed);
        return undefined;
      default:
        return result satisfies never;
    }
  }

  #answer(request: Request): Promise<void> | undefined {
    // What a client that has left said before is still published; the rest is of no use to it.
    if (this.#state.kind === "closed" && request.type !== "publish") return undefined;
    switch (request.type) {
      case "connect":
        return this.#connect(request.id);
      case "subscribe":
        return this.#subscribe(request);
      case "unsubscribe":
        return this.#unsubscribe(request.id, request.channel);
      case "publish":
        return this.#publish(request);
      case "history":
      case "presence":
        return this.#refuse(request.id, UNSUPPORTED);
      case "ping":
        return this.#say({ type: "pong", id: request.id });
      default:
        return request satisfies never;
    }
  }

  #connect(id: number): undefined {
    const { gatewayId: gateway, limits } = this.#options;
    if (this.#state.kind !== "opening") return this.#refuse(id, ALREADY_CONNECTED);
    clearTimeout(this.#state.timer);
    this.#state = { kind: "open" };
    const { maxMessageBytes, maxFrameBytes, heartbeatIntervalMs } = limits;
    const told = { maxMessageBytes, maxFrameBytes, heartbeatIntervalMs };
    return this.#say({ type: "connected", id, connection: this.#id, gateway, ...told });
  }

  #subscribe({ id, channel, echo }: Subscribe): Promise<void> | undefined {
    const { rules, limits } = this.#options;
    const rule = rules.of(channel);
    if (this.#subscriptions.has(channel)) return this.#refuse(id, ALREADY_SUBSCRIBED);
    if (rule.subscribe === "nobody") return this.#refuse(id, MAY_NOT_SUBSCRIBE);
    if (this.#subscriptions.size >= limits.maxSubscriptionsPerConnection) {
      return this.#refuse(id, TOO_MANY_SUBSCRIPTIONS);
    }
    const subscription = { echo: echo ?? rule.echo, isJoined: false };
    this.#subscriptions.set(channel, subscription);
    return this.#join(id, channel, subscription);
  }

  async #join(id: number, channel: string, subscription: Subscription): Promise<void> {
    const { hub, interest, form } = this.#options;
    const result = await interest.hold(channel);
    const isWanted = this.#subscriptions.get(channel) === subscription;
    if (!result.ok) {
      if (isWanted) this.#subscriptions.delete(channel);
      return this.#refuse(id, brokerRefusal(result.error));
    }
    if (!isWanted) {
      interest.release(channel);
      return this.#refuse(id, CANCELLED);
    }
    subscription.isJoined = true;
    hub.add(channel, this.#connection, form, subscription.echo ? undefined : this.#id);
    this.#say({ type: "subscribed", id, channel, resumable: false });
  }

  #unsubscribe(id: number, channel: string): undefined {
    if (!this.#leave(channel)) return this.#refuse(id, NOT_SUBSCRIBED);
    return this.#say({ type: "unsubscribed", id, channel });
  }

  /** Whether it was subscribed, or about to be. */
  #leave(channel: string): boolean {
    const subscription = this.#subscriptions.get(channel);
    if (!subscription) return false;
    this.#subscriptions.delete(channel);
    if (subscription.isJoined) {
      this.#options.hub.remove(channel, this.#connection);
      this.#options.interest.release(channel);
    }
    return true;
  }

  #publish(request: Publish): Promise<void> | undefined {
    const { rules } = this.#options;
    const rule = rules.of(request.channel);
    const publication = toPublication(request.data);
    if (rule.publish === "nobody") return this.#refuse(request.id, MAY_NOT_PUBLISH);
    if (publication.payload.length > rule.maxMessageBytes) {
      const message = `A message on this channel has at most ${rule.maxMessageBytes} bytes.`;
      return this.#refuse(request.id, { code: "too_large", message });
    }
    if (!this.#takeToken(rule)) return this.#refuse(request.id, RATE_LIMITED);
    // Without one who asked for silence there is nothing to tell apart, and the payload travels bare.
    const isSilent = this.#subscriptions.get(request.channel)?.echo === false;
    return this.#send(request, isSilent ? { ...publication, origin: this.#id } : publication);
  }

  async #send({ id, channel, key }: Publish, publication: Publication): Promise<void> {
    const { broker, limits } = this.#options;
    const windowMs = limits.idempotencyWindowMs;
    const result =
      key === undefined
        ? await broker.publish(channel, publication)
        : await broker.publishOnce(channel, publication, { key, windowMs });
    if (!result.ok) return this.#refuse(id, brokerRefusal(result.error));
    const duplicate = typeof result.value === "object" && result.value.isDuplicate;
    this.#say({ type: "published", id, duplicate });
  }

  #takeToken(rule: ChannelRule): boolean {
    if (!rule.publishRate) return true;
    const bucket = this.#buckets.get(rule) ?? new TokenBucket(rule.publishRate, this.#options.now);
    this.#buckets.set(rule, bucket);
    return bucket.take();
  }

  #refuse(id: number, { code, message }: Refusal): undefined {
    this.#say(errorReply(id, code, message));
  }

  // What a turn has to say goes out together, and before what the hub writes at its end.
  #say(message: Reply | Push): undefined {
    if (this.#state.kind === "closed") return;
    if (this.#lines.length === 0) queueMicrotask(() => this.#flush());
    this.#lines.push(Buffer.from(encode(message)));
  }

  #flush(): void {
    const lines = this.#lines;
    this.#lines = [];
    if (lines.length > 0) this.#connection.write(this.#options.form.join(lines));
  }

  #close(closeCode: CloseCode): void {
    if (this.#state.kind === "closed") return;
    this.#flush();
    this.#end();
    this.#pacer.stop();
    this.#connection.close(closeCode);
  }

  #end(): void {
    if (this.#state.kind === "opening") clearTimeout(this.#state.timer);
    this.#state = { kind: "closed" };
  }
}

function isConnect(result: RequestResult): boolean {
  return result.kind === "request" && result.request.type === "connect";
}
