/**
 * The v1 session: requests in, replies and pushes out, any number of channels.
 *
 * Invariant: every request that can be answered is answered once. Nothing comes on a channel before the reply
 * `subscribed` or after the reply `unsubscribed`.
 */
import {
  CLOSE_CODES,
  type CloseCode,
  decodeRequest,
  encode,
  errorReply,
  type Push,
  type Refusal,
  type Reply,
  type Request,
  splitFrame,
} from "@tidewire/protocol";
import { CHANNEL_REFUSED } from "./broker-refusal.ts";
import { type Connection, goodbye } from "./connection.ts";
import type { WireForm } from "./hub.ts";
import type { Identity } from "./identity.ts";
import { type Paced, Pacer } from "./pacer.ts";
import type { Session, SessionFacts } from "./session.ts";
import { type Rate, TokenBucket } from "./token-bucket.ts";
import { V1Connecting, type V1ConnectingOptions, type V1Guest } from "./v1-connecting.ts";
import { costOfLine, isConnect } from "./v1-line.ts";
import { V1Publishing, type V1PublishingOptions } from "./v1-publishing.ts";
import { V1Subscribing, type V1SubscribingOptions } from "./v1-subscribing.ts";

/** What all v1 sessions of a gateway share. */
export interface V1SessionOptions extends V1ConnectingOptions, V1SubscribingOptions, V1PublishingOptions {
  /** How fast one connection may make requests. */
  readonly rate: Rate;
  readonly form: WireForm;
}

/** Which connection, and who it is, if a token came with the upgrade. */
export interface V1Client {
  /** Never used again. */
  readonly id: string;
  readonly identity: Identity | undefined;
}

export class V1Session implements Session, V1Guest, Paced<string> {
  readonly #connection: Connection;
  /** Of the connection; never used again. */
  readonly id: string;
  readonly #options: V1SessionOptions;
  readonly #bucket: TokenBucket;
  readonly #pacer: Pacer<string>;
  readonly #subscribing: V1Subscribing;
  readonly #connecting: V1Connecting;
  /** Absent while it has published nothing. */
  #publishing: V1Publishing | undefined;
  /** Lines that are written at the end of this turn, in one frame. */
  #lines: Buffer[] = [];

  constructor(connection: Connection, client: V1Client, options: V1SessionOptions) {
    const { rate, now } = options;
    this.#connection = connection;
    this.id = client.id;
    this.#options = options;
    this.#subscribing = new V1Subscribing(this, connection, options);
    this.#connecting = new V1Connecting(
      this,
      { known: client.identity, subscribing: this.#subscribing },
      options,
    );
    this.#bucket = new TokenBucket(rate, now);
    this.#pacer = new Pacer(this, connection, this.#bucket);
  }

  get facts(): SessionFacts {
    return { protocol: "v1", user: this.identity?.user, channels: this.#subscribing.size };
  }

  get identity(): Identity | undefined {
    return this.#connecting.identity;
  }

  // Before a client has signed in nothing else that it said is looked at.
  get maxPending(): number {
    return this.#connecting.isOpening ? 1 : this.#options.limits.maxPendingRequestsPerConnection;
  }

  originOn(channel: string): string | undefined {
    return this.#subscribing.isDeaf(channel) ? this.id : undefined;
  }

  joining(channel: string): Promise<unknown> | undefined {
    return this.#subscribing.joining(channel);
  }

  charge(requests: number): void {
    this.#bucket.charge(requests);
  }

  costOf(line: string): number {
    return costOfLine(line);
  }

  onExpiring(expiresInMs: number): void {
    this.say({ type: "expiring", expiresInMs });
  }

  onEnded(closeCode: CloseCode): void {
    // It can't come back as it was, and nobody is to be shown it for the time of its answer.
    if (closeCode !== CLOSE_CODES.tokenExpired) this.#subscribing.leavePresence();
    this.close(closeCode);
  }

  onMessage(data: Buffer, isBinary: boolean): void {
    if (this.#connecting.isClosed) return;
    if (isBinary) return this.close(CLOSE_CODES.unsupportedData);
    const lines = splitFrame(data.toString());
    if (!lines) return this.close(CLOSE_CODES.malformed);
    // One that says nothing costs as much as one that says little.
    if (lines.length === 0) this.#pacer.push("");
    for (const line of lines) this.#pacer.push(line);
  }

  onRefused(channel: string): void {
    this.#subscribing.remove(channel, CHANNEL_REFUSED);
  }

  leave(reconnectMs: number): void {
    this.say({ type: "leaving", reconnectMs });
    this.flush();
    this.#connection.close(goodbye(reconnectMs));
  }

  onClose(): void {
    // Nobody has signed in, so nothing of what waits may be said.
    if (this.#connecting.isOpening) this.#pacer.stop();
    this.#connecting.end();
    this.#subscribing.leaveAll();
  }

  handle(line: string): Promise<void> | undefined {
    if (line === "") return undefined;
    const result = decodeRequest(line);
    if (this.#connecting.isOpening && !isConnect(result)) {
      this.close(result.kind === "malformed" ? CLOSE_CODES.malformed : CLOSE_CODES.notConnected);
      return undefined;
    }
    switch (result.kind) {
      case "request":
        return this.#answer(result.request, line);
      case "fault":
        this.#refuse(result.id, result);
        return undefined;
      case "malformed":
        this.close(CLOSE_CODES.malformed);
        return undefined;
      default:
        return result satisfies never;
    }
  }

  #answer(request: Request, line: string): Promise<void> | undefined {
    // What a client that has left said before is still published; the rest is of no use to it.
    const isGone = this.#connecting.isClosed || !this.#connection.isOpen;
    if (isGone && request.type !== "publish") return undefined;
    switch (request.type) {
      case "connect":
        return this.#connecting.connect(request);
      case "refresh":
        return this.#connecting.refresh(request);
      case "subscribe":
        return this.#subscribing.subscribe(request);
      case "unsubscribe":
        return this.#subscribing.unsubscribe(request.id, request.channel);
      case "publish":
        this.#publishing ??= new V1Publishing(this, this.#options);
        return this.#publishing.publish(request, line);
      case "history":
        return this.#subscribing.history(request);
      case "presence":
        return this.#subscribing.whoIsThere(request);
      case "update":
        return this.#subscribing.update(request);
      case "ping":
        return this.say({ type: "pong", id: request.id });
      default:
        return request satisfies never;
    }
  }

  #refuse(id: number, { code, message }: Refusal): undefined {
    this.say(errorReply(id, code, message));
  }

  // What a turn has to say goes out together, and before what the hub writes at its end.
  say(message: Reply | Push): undefined {
    this.sayLine(encode(message));
  }

  sayLine(line: string): void {
    if (this.#connecting.isClosed) return;
    if (this.#lines.length === 0) queueMicrotask(() => this.flush());
    this.#lines.push(Buffer.from(line));
  }

  flush(): void {
    const lines = this.#lines;
    this.#lines = [];
    if (lines.length > 0) this.#connection.write(this.#options.form.join(lines));
  }

  close(closeCode: CloseCode): void {
    if (this.#connecting.isClosed) return;
    this.flush();
    this.#connecting.end();
    this.#pacer.stop();
    this.#publishing?.stop();
    this.#connection.close(closeCode);
  }
}
