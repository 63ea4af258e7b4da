/** Gets a new token to the gateway before the old one ends, for as long as the connection stands. */
import { backoffMs } from "./backoff.ts";
import type { Credentials } from "./credentials.ts";
import type { Environment } from "./environment.ts";
import type { Limits } from "./options.ts";
import type { AnswerOf, Wire } from "./wire.ts";

export interface TokenRefreshParts {
  readonly wire: Wire;
  readonly credentials: Credentials;
  readonly environment: Environment;
  readonly limits: Limits;
}

/** Failures are not told: when the old token ends, so does the connection, and its state says why. */
export class TokenRefresh {
  readonly #parts: TokenRefreshParts;
  #failures = 0;
  #cancel: (() => void) | undefined;

  constructor(parts: TokenRefreshParts) {
    this.#parts = parts;
  }

  /** Does nothing while it goes on already, or where no other token can be had. */
  begin(): void {
    if (this.#cancel || !this.#parts.credentials.mayRenew) return;
    this.#cancel = this.#parts.credentials.renew({
      onToken: (token) => this.#send(token ?? ""),
      onFailure: () => this.#retry(),
    });
  }

  end(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #send(token: string): void {
    const write = (id: number) => JSON.stringify({ type: "refresh", id, token });
    this.#parts.wire.request("refreshed", write, (reply) => this.#settle(token, reply));
  }

  #settle(token: string, reply: AnswerOf<"refreshed">): void {
    if (reply.type === "refreshed") {
      this.#parts.credentials.accept(token, reply.expiresInMs);
      this.#failures = 0;
      this.#cancel = undefined;
    } else if (reply.retry || reply.code === "unauthorized") {
      // The application may have given an old token once more; the next one may be good.
      this.#retry();
    }
  }

  #retry(): void {
    const { environment, limits } = this.#parts;
    const delayMs = backoffMs(this.#failures, limits, () => environment.random());
    this.#failures += 1;
    this.#cancel = environment.after(delayMs, () => {
      this.#cancel = undefined;
      this.begin();
    });
  }
}
