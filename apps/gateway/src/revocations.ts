/** Tokens that are no longer good, though their time is not over: what gateways tell each other, and remember. */
import { z } from "zod";
import type { Identity } from "./identity.ts";
import { readJson } from "./read-json.ts";

/** What is posted to all gateways. Times are in milliseconds since 1970. */
export const SecurityNotice = z.discriminatedUnion("kind", [
  /** All tokens of the user that were issued until then. */
  z.object({
    kind: z.literal("revoke-user"),
    user: z.string(),
    issuedUntilMs: z.number(),
    untilMs: z.number(),
  }),
  z.object({ kind: z.literal("revoke-token"), tokenId: z.string(), untilMs: z.number() }),
  /** The user's connections of now are closed; they may come back. */
  z.object({ kind: z.literal("disconnect"), user: z.string(), connectedUntilMs: z.number() }),
]);

export type SecurityNotice = z.infer<typeof SecurityNotice>;

/** `undefined` for what is none, such as one of a newer gateway. */
export function parseNotice(text: string): SecurityNotice | undefined {
  return readJson(text, SecurityNotice);
}

/** How often those that are over are dropped, in milliseconds. */
const FORGET_EVERY_MS = 60_000;

interface UserRevocation {
  readonly issuedUntilMs: number;
  readonly untilMs: number;
}

export class Revocations {
  readonly #now: () => number;
  readonly #users = new Map<string, UserRevocation>();
  /** Until when each token's id is remembered. */
  readonly #tokens = new Map<string, number>();
  #forgetAtMs = 0;

  /** @param now milliseconds since 1970 */
  constructor(now: () => number) {
    this.#now = now;
  }

  add(notice: Exclude<SecurityNotice, { kind: "disconnect" }>): void {
    this.#forget();
    if (notice.kind === "revoke-token") {
      this.#tokens.set(notice.tokenId, notice.untilMs);
      return;
    }
    const { user, issuedUntilMs, untilMs } = notice;
    const known = this.#users.get(user);
    // Notices come again, and not in order.
    this.#users.set(user, {
      issuedUntilMs: Math.max(issuedUntilMs, known?.issuedUntilMs ?? 0),
      untilMs: Math.max(untilMs, known?.untilMs ?? 0),
    });
  }

  has({ user, tokenId, issuedAtMs }: Identity): boolean {
    if (tokenId !== undefined && this.#tokens.has(tokenId)) return true;
    return issuedAtMs <= (this.#users.get(user)?.issuedUntilMs ?? -1);
  }

  /** Looks through all of them, so not each time. */
  #forget(): void {
    const nowMs = this.#now();
    if (nowMs < this.#forgetAtMs) return;
    this.#forgetAtMs = nowMs + FORGET_EVERY_MS;
    for (const [user, { untilMs }] of this.#users) if (untilMs < nowMs) this.#users.delete(user);
    for (const [tokenId, untilMs] of this.#tokens) if (untilMs < nowMs) this.#tokens.delete(tokenId);
  }
}
