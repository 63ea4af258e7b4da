/**
 * How one v1 client comes in and stays: `connect`, with a token where clients sign in, and `refresh` before that is over.
 *
 * Invariant: it is somebody, or nobody where nobody signs in, from the reply `connected` on, and the same from then on.
 */
import {
  CLOSE_CODES,
  type CloseCode,
  type Connect,
  errorReply,
  type Refresh,
  type Refusal,
} from "@tidewire/protocol";
import type { Accounts, Member, Membership } from "./accounts.ts";
import type { Answer, Authority } from "./authority.ts";
import { brokerRefusal } from "./broker-refusal.ts";
import type { Identity, IdentityResult } from "./identity.ts";
import type { Limits } from "./limits.ts";
import * as refusals from "./v1-refusals.ts";
import type { Speaker } from "./v1-speaker.ts";
import type { V1Subscribing } from "./v1-subscribing.ts";

/** What all connections of a gateway share. */
export interface V1ConnectingOptions {
  readonly authority: Authority;
  /** Absent when nobody signs in. */
  readonly accounts: Accounts | undefined;
  readonly limits: Limits;
  /** Of this gateway's process. */
  readonly gatewayId: string;
}

/** The connection as it is used here. */
export interface V1Guest extends Speaker, Member {
  close(closeCode: CloseCode): void;
}

export interface V1ConnectingParts {
  /** Who it is, if a token came with the upgrade. */
  readonly known: Identity | undefined;
  readonly subscribing: V1Subscribing;
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

export class V1Connecting {
  readonly #guest: V1Guest;
  readonly #known: Identity | undefined;
  readonly #subscribing: V1Subscribing;
  readonly #options: V1ConnectingOptions;
  #state: State;
  #refreshing: Promise<void> | undefined;

  constructor(guest: V1Guest, parts: V1ConnectingParts, options: V1ConnectingOptions) {
    this.#guest = guest;
    this.#known = parts.known;
    this.#subscribing = parts.subscribing;
    this.#options = options;
    const { handshakeTimeoutMs } = options.limits;
    const timer = setTimeout(() => guest.close(CLOSE_CODES.connectTimeout), handshakeTimeoutMs);
    this.#state = { kind: "opening", timer };
  }

  get isOpening(): boolean {
    return this.#state.kind === "opening";
  }

  get isClosed(): boolean {
    return this.#state.kind === "closed";
  }

  /** Absent before it has signed in, and where nobody does. */
  get identity(): Identity | undefined {
    return this.#state.kind === "opening" ? undefined : this.#state.account?.identity;
  }

  connect({ id, token }: Connect): Promise<void> | undefined {
    const { accounts } = this.#options;
    if (this.#state.kind !== "opening") return this.#refuse(id, refusals.ALREADY_CONNECTED);
    return accounts ? this.#signIn(id, token, accounts) : this.#enter(id);
  }

  refresh({ id, token }: Refresh): Promise<void> | undefined {
    const { accounts } = this.#options;
    const account = this.#state.kind === "open" ? this.#state.account : undefined;
    if (!accounts || !account) return this.#refuse(id, refusals.UNSUPPORTED);
    // One after the other, or an older token could be the last word.
    const before = this.#refreshing ?? Promise.resolve();
    this.#refreshing = before.then(() => this.#renew(id, token, accounts));
    return this.#refreshing;
  }

  /** Nobody is there any more. */
  end(): void {
    if (this.#state.kind === "closed") return;
    if (this.#state.kind === "opening") clearTimeout(this.#state.timer);
    const account = this.#state.kind === "open" ? this.#state.account : undefined;
    account?.membership.leave();
    this.#state = { kind: "closed", account };
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
    const known = this.#known;
    const result: IdentityResult | undefined = token === undefined ? undefined : await accounts.check(token);
    if (result?.ok === false && result.code === "unavailable") return this.#refuse(id, result);
    const identity = result?.ok ? result.identity : result ? undefined : known;
    if (!identity || (known && known.user !== identity.user)) {
      return this.#guest.close(CLOSE_CODES.unauthorized);
    }
    const refusal = await this.#options.authority.askToConnect("v1", identity);
    if (refusal) return this.#refuse(id, refusal);
    if (this.#state.kind !== "opening") return;
    const joined = await this.#subscribing.joinUser(identity.user);
    if (joined.kind === "failed") return this.#refuse(id, brokerRefusal(joined.error));
    if (this.#state.kind !== "opening") return this.#subscribing.leaveAll();
    if (expiresInMs(identity) === 0) return this.#guest.close(CLOSE_CODES.tokenExpired);
    const membership = accounts.enter(identity, this.#guest);
    this.#open(id, { identity, membership });
    return this.#subscribing.beginUser(identity.user, joined);
  }

  #open(id: number, account: Account | undefined): undefined {
    const { gatewayId: gateway, limits } = this.#options;
    if (this.#state.kind === "opening") clearTimeout(this.#state.timer);
    this.#state = { kind: "open", account };
    const { maxMessageBytes, maxFrameBytes, heartbeatIntervalMs, idempotencyWindowMs } = limits;
    const user = account && { user: account.identity.user, expiresInMs: expiresInMs(account.identity) };
    const told = { ...user, maxMessageBytes, maxFrameBytes, heartbeatIntervalMs, idempotencyWindowMs };
    return this.#guest.say({ type: "connected", id, connection: this.#guest.id, gateway, ...told });
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
    this.#guest.say({ type: "refreshed", id, expiresInMs: expiresInMs(identity) });
  }

  #refuse(id: number, { code, message }: Refusal): undefined {
    this.#guest.say(errorReply(id, code, message));
  }
}

function expiresInMs({ expiresAtMs }: Identity): number {
  return Math.max(0, expiresAtMs - Date.now());
}
