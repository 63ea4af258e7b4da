/**
 * Signed-in connections: whose they are, and when they must end.
 *
 * Invariant: once a token is over or revoked, as far as this process has heard, nothing more is written to its connections.
 */
import { CLOSE_CODES, type CloseCode } from "@tidewire/protocol";
import type { Deadlines } from "./deadlines.ts";
import type { Identity, IdentityResult, VerifyToken } from "./identity.ts";
import { parseNotice, type Revocations } from "./revocations.ts";

/** What is needed of a signed-in session. */
export interface Member {
  /** The token is over soon. */
  onExpiring(expiresInMs: number): void;
  /** The connection must end now. */
  onEnded(closeCode: CloseCode): void;
}

export interface AccountsOptions {
  readonly verify: VerifyToken;
  readonly revocations: Revocations;
  readonly deadlines: Deadlines;
  /** How long before the end a member is told, in milliseconds. */
  readonly refreshWindowMs: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** One connection's place among the signed-in. */
export interface Membership {
  /** A newer token of the same user counts from now on. */
  renew(identity: Identity): void;
  leave(): void;
}

const REVOKED: IdentityResult = {
  ok: false,
  code: "unauthorized",
  message: "The token is not accepted. It was revoked.",
};

export class Accounts {
  readonly #options: AccountsOptions;
  readonly #byUser = new Map<string, Set<Entry>>();

  constructor(options: AccountsOptions) {
    this.#options = options;
  }

  async check(token: string): Promise<IdentityResult> {
    const result = await this.#options.verify(token);
    return result.ok && this.#options.revocations.has(result.identity) ? REVOKED : result;
  }

  enter(identity: Identity, member: Member): Membership {
    const { user } = identity;
    const entries = this.#byUser.get(user) ?? new Set();
    this.#byUser.set(user, entries);
    const entry = new Entry(identity, member, this.#options, (left) => {
      entries.delete(left);
      if (entries.size === 0) this.#byUser.delete(user);
    });
    entries.add(entry);
    return entry;
  }

  /** A notice from some gateway, perhaps this one. */
  hear(text: string): void {
    const notice = parseNotice(text);
    if (!notice) return;
    if (notice.kind === "disconnect") {
      const { user, connectedUntilMs } = notice;
      return this.#end(user, CLOSE_CODES.disconnected, (entry) => entry.enteredAtMs <= connectedUntilMs);
    }
    const { revocations } = this.#options;
    revocations.add(notice);
    const users = notice.kind === "revoke-user" ? [notice.user] : [...this.#byUser.keys()];
    for (const user of users)
      this.#end(user, CLOSE_CODES.revoked, ({ identity }) => revocations.has(identity));
  }

  #end(user: string, closeCode: CloseCode, isMeant: (entry: Entry) => boolean): void {
    for (const entry of this.#byUser.get(user) ?? []) if (isMeant(entry)) entry.member.onEnded(closeCode);
  }
}

class Entry implements Membership {
  readonly member: Member;
  readonly enteredAtMs: number;
  identity: Identity;
  readonly #options: AccountsOptions;
  readonly #onLeft: (entry: Entry) => void;
  #callOff: () => void = () => {};

  constructor(identity: Identity, member: Member, options: AccountsOptions, onLeft: (entry: Entry) => void) {
    this.identity = identity;
    this.member = member;
    this.enteredAtMs = options.now();
    this.#options = options;
    this.#onLeft = onLeft;
    this.#watch();
  }

  renew(identity: Identity): void {
    this.#callOff();
    this.identity = identity;
    this.#watch();
  }

  leave(): void {
    this.#callOff();
    this.#onLeft(this);
  }

  /** Waits for the time to tell, and then for the end: one deadline at a time. */
  #watch(): void {
    const { deadlines, revocations, refreshWindowMs, now } = this.#options;
    // Between its check and now it may have been revoked.
    if (revocations.has(this.identity)) queueMicrotask(() => this.member.onEnded(CLOSE_CODES.revoked));
    const { expiresAtMs } = this.identity;
    this.#callOff = deadlines.add(expiresAtMs - refreshWindowMs, () => {
      this.#callOff = deadlines.add(expiresAtMs, () => this.member.onEnded(CLOSE_CODES.tokenExpired));
      this.member.onExpiring(Math.max(0, expiresAtMs - now()));
    });
  }
}
