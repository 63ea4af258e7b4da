/**
 * Signed-in connections: whose they are, and when they must end.
 *
 * Invariant: once a token is over or revoked, as far as this process has heard, nothing more is written to its connections.
 */
import { CLOSE_CODES, type CloseCode } from "@tidewire/protocol";
import type { Deadline, Deadlines, Due } from "./deadlines.ts";
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
  readonly #register = new Register();

  constructor(options: AccountsOptions) {
    this.#options = options;
  }

  async check(token: string): Promise<IdentityResult> {
    const result = await this.#options.verify(token);
    return result.ok && this.#options.revocations.has(result.identity) ? REVOKED : result;
  }

  /** Whether it was accepted once and would not be any more. */
  isOver(identity: Identity): boolean {
    const { revocations, now } = this.#options;
    return revocations.has(identity) || identity.expiresAtMs <= now();
  }

  enter(identity: Identity, member: Member): Membership {
    const entry = new Entry(identity, member, this.#options, this.#register);
    entry.watch();
    return entry;
  }

  /** A notice from some gateway, perhaps this one. */
  hear(text: string): void {
    const notice = parseNotice(text);
    if (!notice) return;
    if (notice.kind === "disconnect") {
      const { user, connectedUntilMs } = notice;
      const isMeant = ({ enteredAtMs }: Entry) => enteredAtMs <= connectedUntilMs;
      return end(this.#register.byUser.get(user), CLOSE_CODES.disconnected, isMeant);
    }
    const { revocations } = this.#options;
    revocations.add(notice);
    const { byUser, byToken } = this.#register;
    const concerned = notice.kind === "revoke-user" ? byUser.get(notice.user) : byToken.get(notice.tokenId);
    end(concerned, CLOSE_CODES.revoked, ({ identity }) => revocations.has(identity));
  }
}

/** All entries, by what notices name. */
class Register {
  readonly byUser = new Map<string, Set<Entry>>();
  /** Of those whose token has an id. */
  readonly byToken = new Map<string, Set<Entry>>();

  add(entry: Entry): void {
    const { user, tokenId } = entry.identity;
    put(this.byUser, user, entry);
    if (tokenId !== undefined) put(this.byToken, tokenId, entry);
  }

  remove(entry: Entry): void {
    const { user, tokenId } = entry.identity;
    take(this.byUser, user, entry);
    if (tokenId !== undefined) take(this.byToken, tokenId, entry);
  }
}

function end(
  entries: Iterable<Entry> | undefined,
  closeCode: CloseCode,
  isMeant: (entry: Entry) => boolean,
): void {
  for (const entry of entries ?? []) if (isMeant(entry)) entry.member.onEnded(closeCode);
}

function put(index: Map<string, Set<Entry>>, key: string, entry: Entry): void {
  const entries = index.get(key) ?? new Set();
  index.set(key, entries);
  entries.add(entry);
}

function take(index: Map<string, Set<Entry>>, key: string, entry: Entry): void {
  const entries = index.get(key);
  entries?.delete(entry);
  if (entries?.size === 0) index.delete(key);
}

class Entry implements Membership, Due {
  readonly member: Member;
  readonly enteredAtMs: number;
  identity: Identity;
  readonly #options: AccountsOptions;
  readonly #register: Register;
  #deadline: Deadline | undefined;
  #isTold = false;

  constructor(identity: Identity, member: Member, options: AccountsOptions, register: Register) {
    this.identity = identity;
    this.member = member;
    this.enteredAtMs = options.now();
    this.#options = options;
    this.#register = register;
    register.add(this);
  }

  renew(identity: Identity): void {
    this.leave();
    this.identity = identity;
    this.#register.add(this);
    this.watch();
  }

  leave(): void {
    this.#callOff();
    this.#register.remove(this);
  }

  /** Waits for the time to tell, and then for the end: one deadline at a time. */
  watch(): void {
    const { revocations, refreshWindowMs, now } = this.#options;
    // Between its check and now it may have been revoked, or have run out.
    const { expiresAtMs } = this.identity;
    if (revocations.has(this.identity)) return this.#endSoon(CLOSE_CODES.revoked);
    if (expiresAtMs <= now()) return this.#endSoon(CLOSE_CODES.tokenExpired);
    this.#isTold = false;
    this.#wait(expiresAtMs - refreshWindowMs);
  }

  onDue(): void {
    this.#deadline = undefined;
    if (this.#isTold) return this.member.onEnded(CLOSE_CODES.tokenExpired);
    this.#isTold = true;
    const { expiresAtMs } = this.identity;
    this.#wait(expiresAtMs);
    const expiresInMs = expiresAtMs - this.#options.now();
    if (expiresInMs > 0) this.member.onExpiring(expiresInMs);
  }

  #wait(atMs: number): void {
    this.#deadline = this.#options.deadlines.add(atMs, this);
  }

  #callOff(): void {
    if (this.#deadline) this.#options.deadlines.remove(this.#deadline, this);
  }

  // Not from inside of the call that enters: its caller is not ready to be ended.
  #endSoon(closeCode: CloseCode): void {
    queueMicrotask(() => this.member.onEnded(closeCode));
  }
}
