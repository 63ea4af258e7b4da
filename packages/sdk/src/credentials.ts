/** The token of a client: the one it has, and how to get another. */
import type { Environment } from "./environment.ts";
import type { ConnectOptions, Limits } from "./options.ts";
import { TidewireError } from "./tidewire-error.ts";

export interface TokenReceiver {
  onToken(token: string | undefined): void;
  /** `getToken` threw, hung, or gave no token. */
  onFailure(reason: TidewireError): void;
}

export class Credentials {
  readonly #getToken: ConnectOptions["getToken"];
  readonly #environment: Environment;
  readonly #timeoutMs: number;
  #token: string | undefined;
  #endsAtMs = Infinity;
  #isDenied = false;

  constructor(options: ConnectOptions, limits: Limits, environment: Environment) {
    this.#token = options.token;
    this.#getToken = options.getToken;
    this.#timeoutMs = limits.tokenTimeoutMs;
    this.#environment = environment;
  }

  /** Whether another token can be had. Not when the last one that was asked for anew has not been accepted either. */
  get mayRenew(): boolean {
    return this.#getToken !== undefined && !this.#isDenied;
  }

  /** Calls back with the present token if it is still good, at once; or else with a new one. The result cancels it. */
  present(receiver: TokenReceiver): () => void {
    const isGood = this.#token !== undefined && this.#environment.nowMs() < this.#endsAtMs;
    if (this.#getToken && !isGood) return this.renew(receiver);
    receiver.onToken(this.#token);
    return () => {};
  }

  /** Asks the application for a new token. Calls back once, later, unless the result has cancelled it. */
  renew(receiver: TokenReceiver): () => void {
    const getToken = this.#getToken;
    const { signal, abort } = cancellation();
    const settle = (action: () => void) => {
      if (signal.aborted) return;
      cancel();
      action();
    };
    const fail = (message: string, cause?: unknown) =>
      settle(() => receiver.onFailure(new TidewireError("token_failed", message, { cause, retry: true })));
    const cancelTimer = this.#environment.after(this.#timeoutMs, () =>
      fail("getToken did not answer in time."),
    );
    const cancel = () => {
      abort();
      cancelTimer();
    };
    Promise.resolve()
      .then(() => getToken?.())
      .then(
        (token) => (token ? settle(() => receiver.onToken(token)) : fail("getToken gave no token.")),
        (error: unknown) => fail("getToken failed.", error),
      );
    return cancel;
  }

  /** The gateway took this token. */
  accept(token: string | undefined, expiresInMs: number | undefined): void {
    this.#token = token;
    this.#endsAtMs = this.#environment.nowMs() + (expiresInMs ?? Infinity);
    this.#isDenied = false;
  }

  /** The gateway does not take the present token, or not any more. */
  deny(): void {
    this.#endsAtMs = -Infinity;
    this.#isDenied = true;
  }
}

function cancellation() {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort() };
}
