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
  type Connect,
  type Push,
  type Refusal,
  type Refresh,
  type Reply,
  type Request,
  splitFrame,
} from "@tidewire/protocol";
import type { Answer, Authority } from "./authority.ts";
import type { Accounts, Member, Membership } from "./accounts.ts";
import { brokerRefusal, CHANNEL_REFUSED } from "./broker-refusal.ts";
import type { ChannelRules } from "./channel-rules.ts";
import { type Connection, goodbye } from "./connection.ts";
import type { Attendance } from "./attendance.ts";
import type { ReadHistory } from "./history.ts";
import type { PresenceRooms } from "./presence-rooms.ts";
import type { ReadPresence } from "./read-presence.ts";
import type { Hub, WireForm } from "./hub.ts";
import type { Identity, IdentityResult } from "./identity.ts";
import type { Interest } from "./interest.ts";
import type { Limits } from "./limits.ts";
import { type Paced, Pacer } from "./pacer.ts";
import type { Publish as PublishNow } from "./publish.ts";
import type { Session, SessionFacts } from "./session.ts";
import type { StreamChannels } from "./stream-channels.ts";
import { type Rate, TokenBucket } from "./token-bucket.ts";
import { costOfLine, isConnect } from "./v1-line.ts";
import { V1Publishing } from "./v1-publishing.ts";
import * as refusals from "./v1-refusals.ts";
import type { Speaker } from "./v1-speaker.ts";
import { V1Subscribing } from "./v1-subscribing.ts";

/** What all v1 sessions of a gateway share. */
export interface V1SessionOptions {
  readonly publish: PublishNow;
  readonly readHistory: ReadHistory;
  readonly readPresence: ReadPresence;
  readonly attendance: Attendance;
  readonly rooms: PresenceRooms;
  readonly hub: Hub;
  readonly interest: Interest;
  readonly streams: StreamChannels;
  readonly rules: ChannelRules;
  readonly authority: Authority;
  /** Absent when nobody signs in. */
  readonly accounts: Accounts | undefined;
  readonly limits: Limits;
  /** How fast one connection may make requests. */
  readonly rate: Rate;
  readonly form: WireForm;
  /** Of this gateway's process. */
  readonly gatewayId: string;
  /** Milliseconds of a clock that only goes forward. */
  readonly now: () => number;
}

/** Which connection, and who it is, if a token came with the upgrade. */
export interface V1Client {
  /** Never used again. */
  readonly id: string;
  readonly identity: Identity | undefined;
}

type State =
  /** The client has to say `connect`, with a token that is accepted, before the timer ends. */
  | { readonly kind: "opening"; readonly timer: NodeJS.Timeout }
  | { readonly kind: "open"; readonly account: Account | undefined }
  /** What the client said before is still published, under its name. */
  | { readonly kind: "closed"; readonly account: Account | undefined };

/** A client that has signed in. */
interface Account {
  readonly identity: Identity;
  readonly membership: Membership;
}

export class V1Session implements Session, Member, Speaker, Paced<string> {
  readonly #connection: Connection;
  readonly #client: V1Client;
  readonly #options: V1SessionOptions;
  readonly #bucket: TokenBucket;
  readonly #pacer: Pacer<string>;
  readonly #subscribing: V1Subscribing;
  /** Absent while it has published nothing. */
  #publishing: V1Publishing | undefined;
  /** Lines that are written at the end of this turn, in one frame. */
  #lines: Buffer[] = [];
  #state: State;
  #refreshing: Promise<void> | undefined;

  constructor(connection: Connection, client: V1Client, options: V1SessionOptions) {
    const { limits, rate, now } = options;
    this.#connection = connection;
    this.#client = client;
    this.#options = options;
    this.#subscribing = new V1Subscribing(this, connection, options);
    this.#bucket = new TokenBucket(rate, now);
    this.#pacer = new Pacer(this, connection, this.#bucket);
    const timer = setTimeout(() => this.#close(CLOSE_CODES.connectTimeout), limits.handshakeTimeoutMs);
    this.#state = { kind: "opening", timer };
  }

  get facts(): SessionFacts {
    return { protocol: "v1", user: this.identity?.user, channels: this.#subscribing.size };
  }

  get id(): string {
    return this.#client.id;
  }

  get identity(): Identity | undefined {
    return this.#state.kind === "opening" ? undefined : this.#state.account?.identity;
  }

  // Before a client has signed in nothing else that it said is looked at.
  get maxPending(): number {
    return this.#state.kind === "opening" ? 1 : this.#options.limits.maxPendingRequestsPerConnection;
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
    this.#close(closeCode);
  }

  onMessage(data: Buffer, isBinary: boolean): void {
    if (this.#state.kind === "closed") return;
    if (isBinary) return this.#close(CLOSE_CODES.unsupportedData);
    const lines = splitFrame(data.toString());
    if (!lines) return this.#close(CLOSE_CODES.malformed);
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
    if (this.#state.kind === "opening") this.#pacer.stop();
    this.#end();
    this.#subscribing.leaveAll();
  }

  handle(line: string): Promise<void> | undefined {
    if (line === "") return undefined;
    const result = decodeRequest(line);
    if (this.#state.kind === "opening" && !isConnect(result)) {
      this.#close(result.kind === "malformed" ? CLOSE_CODES.malformed : CLOSE_CODES.notConnected);
      return undefined;
    }
    switch (result.kind) {
      case "request":
        return this.#answer(result.request, line);
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

  #answer(request: Request, line: string): Promise<void> | undefined {
    // What a client that has left said before is still published; the rest is of no use to it.
    const isGone = this.#state.kind === "closed" || !this.#connection.isOpen;
    if (isGone && request.type !== "publish") return undefined;
    switch (request.type) {
      case "connect":
        return this.#connect(request);
      case "refresh":
        return this.#refresh(request);
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

  #connect({ id, token }: Connect): Promise<void> | undefined {
    const { accounts } = this.#options;
    if (this.#state.kind !== "opening") return this.#refuse(id, refusals.ALREADY_CONNECTED);
    return accounts ? this.#signIn(id, token, accounts) : this.#enter(id);
  }

  /** Where nobody signs in. */
  #enter(id: number): Promise<void> | undefined {
    const answer = this.#options.authority.askToConnect("v1", undefined);
    return answer ? this.#admit(id, answer) : this.#open(id, undefined);
  }

  async #admit(id: number, answer: Answer): Promise<void> {
    const refusal = await answer;
    if (refusal) return this.#refuse(id, refusal);
    if (this.#state.kind === "opening") this.#open(id, undefined);
  }

  async #signIn(id: number, token: string | undefined, accounts: Accounts): Promise<void> {
    const known = this.#client.identity;
    const result: IdentityResult | undefined = token === undefined ? undefined : await accounts.check(token);
    if (result?.ok === false && result.code === "unavailable") return this.#refuse(id, result);
    const identity = result?.ok ? result.identity : result ? undefined : known;
    if (!identity || (known && known.user !== identity.user)) return this.#close(CLOSE_CODES.unauthorized);
    const refusal = await this.#options.authority.askToConnect("v1", identity);
    if (refusal) return this.#refuse(id, refusal);
    if (this.#state.kind !== "opening") return;
    const joined = await this.#subscribing.joinUser(identity.user);
    if (joined.kind === "failed") return this.#refuse(id, brokerRefusal(joined.error));
    if (this.#state.kind !== "opening") return this.#subscribing.leaveAll();
    if (this.#expiresInMs(identity) === 0) return this.#close(CLOSE_CODES.tokenExpired);
    const membership = accounts.enter(identity, this);
    this.#open(id, { identity, membership });
    return this.#subscribing.beginUser(identity.user, joined);
  }

  #open(id: number, account: Account | undefined): undefined {
    const { gatewayId: gateway, limits } = this.#options;
    if (this.#state.kind === "opening") clearTimeout(this.#state.timer);
    this.#state = { kind: "open", account };
    const { maxMessageBytes, maxFrameBytes, heartbeatIntervalMs, idempotencyWindowMs } = limits;
    const user = account && { user: account.identity.user, expiresInMs: this.#expiresInMs(account.identity) };
    const told = { ...user, maxMessageBytes, maxFrameBytes, heartbeatIntervalMs, idempotencyWindowMs };
    return this.say({ type: "connected", id, connection: this.id, gateway, ...told });
  }

  #refresh({ id, token }: Refresh): Promise<void> | undefined {
    const { accounts } = this.#options;
    const account = this.#state.kind === "open" ? this.#state.account : undefined;
    if (!accounts || !account) return this.#refuse(id, refusals.UNSUPPORTED);
    // One after the other, or an older token could be the last word.
    const before = this.#refreshing ?? Promise.resolve();
    this.#refreshing = before.then(() => this.#renew(id, token, accounts));
    return this.#refreshing;
  }

  async #renew(id: number, token: string, accounts: Accounts): Promise<void> {
    const result = await accounts.check(token);
    if (!result.ok) return this.#refuse(id, result);
    const { identity } = result;
    if (this.#state.kind !== "open" || !this.#state.account) return;
    const { account } = this.#state;
    if (identity.user !== account.identity.user) return this.#refuse(id, refusals.OTHER_USER);
    account.membership.renew(identity);
    this.#state = { kind: "open", account: { ...account, identity } };
    this.#subscribing.renew(account.identity);
    this.say({ type: "refreshed", id, expiresInMs: this.#expiresInMs(identity) });
  }

  #expiresInMs({ expiresAtMs }: Identity): number {
    return Math.max(0, expiresAtMs - Date.now());
  }

  #refuse(id: number, { code, message }: Refusal): undefined {
    this.say(errorReply(id, code, message));
  }

  // What a turn has to say goes out together, and before what the hub writes at its end.
  say(message: Reply | Push): undefined {
    this.sayLine(encode(message));
  }

  sayLine(line: string): void {
    if (this.#state.kind === "closed") return;
    if (this.#lines.length === 0) queueMicrotask(() => this.flush());
    this.#lines.push(Buffer.from(line));
  }

  flush(): void {
    const lines = this.#lines;
    this.#lines = [];
    if (lines.length > 0) this.#connection.write(this.#options.form.join(lines));
  }

  #close(closeCode: CloseCode): void {
    if (this.#state.kind === "closed") return;
    this.flush();
    this.#end();
    this.#pacer.stop();
    this.#publishing?.stop();
    this.#connection.close(closeCode);
  }

  #end(): void {
    if (this.#state.kind === "closed") return;
    if (this.#state.kind === "opening") clearTimeout(this.#state.timer);
    const account = this.#state.kind === "open" ? this.#state.account : undefined;
    account?.membership.leave();
    this.#state = { kind: "closed", account };
  }
}
