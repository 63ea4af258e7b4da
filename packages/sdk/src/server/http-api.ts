/**
 * One call of the server API, with its repetitions: those that may help, for as long as the call may take.
 *
 * Invariant: it ends, and in an answer that was read or a TidewireError, in which neither key nor body is.
 */
import { backoffMs } from "../backoff.ts";
import type { Environment } from "../environment.ts";
import { TidewireError } from "../tidewire-error.ts";
import type { ServerLimits } from "./create-server-client.ts";
import { readRefusal, retryAfterMs } from "./refusal.ts";

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export interface HttpApiParts {
  readonly base: URL;
  readonly apiKey: string | undefined;
  readonly fetch: Fetch;
  readonly limits: ServerLimits;
  readonly environment: Pick<Environment, "after" | "nowMs" | "random">;
}

export interface Call<Answer> {
  /** Under `/api/v1/`, with its query. */
  readonly path: string;
  /** Sent with POST; without it the call is a GET. Asked for anew at each repetition. */
  readonly body?: () => string;
  /** `undefined` for what no gateway says. @throws Repeat to have it repeated all the same */
  readonly read: (answer: unknown) => Answer | undefined;
}

/** A failure after which the same call may succeed. */
export class Repeat extends Error {
  readonly reason: TidewireError;
  /** No sooner than that. */
  readonly afterMs: number;

  constructor(reason: TidewireError, afterMs = 0) {
    super(reason.message);
    this.reason = reason;
    this.afterMs = afterMs;
  }
}

const BACKOFF = { minBackoffMs: 200, maxBackoffMs: 3_000 };
/** After these, what was asked for may have happened. */
const UNSURE = new Set<string>(["connection_lost", "no_answer", "unconfirmed"]);
/** What proxies and gateways answer while something is away; any other error would come again. */
const PASSING = new Set([429, 502, 503, 504]);

export class HttpApi {
  readonly #parts: HttpApiParts;

  constructor(parts: HttpApiParts) {
    this.#parts = parts;
  }

  /** Rejects with a TidewireError: where one try may have done it, with what says so, and not with a later refusal. */
  async call<Answer>(call: Call<Answer>): Promise<Answer> {
    const { environment, limits } = this.#parts;
    const endsAtMs = environment.nowMs() + limits.timeoutMs;
    let unsure: TidewireError | undefined;
    for (let failures = 0; ; failures += 1) {
      const leftMs = endsAtMs - environment.nowMs();
      try {
        return await this.#try(call, Math.min(limits.attemptTimeoutMs, leftMs));
      } catch (error) {
        if (!(error instanceof Repeat)) throw error;
        if (UNSURE.has(error.reason.code)) unsure = error.reason;
        // Jitter also where a time was named, which others were told, too.
        const waitMs = error.afterMs + backoffMs(failures, BACKOFF, () => environment.random());
        if (environment.nowMs() + waitMs >= endsAtMs) throw unsure ?? error.reason;
        await new Promise<void>((resolve) => environment.after(waitMs, resolve));
      }
    }
  }

  async #try<Answer>(call: Call<Answer>, timeoutMs: number): Promise<Answer> {
    const aborter = new AbortController();
    const timeout = Promise.withResolvers<never>();
    const cancelTimer = this.#parts.environment.after(timeoutMs, () => {
      aborter.abort();
      timeout.reject(new Repeat(new TidewireError("no_answer", "No answer came in time.", { retry: true })));
    });
    try {
      // Not every `fetch` that an application brings heeds the signal.
      return await Promise.race([this.#exchange(call, aborter.signal), timeout.promise]);
    } finally {
      cancelTimer();
    }
  }

  async #exchange<Answer>(call: Call<Answer>, signal: AbortSignal): Promise<Answer> {
    const { status, headers, text } = await this.#fetch(call, signal);
    const answer = parse(text);
    if (status !== 200) {
      const reason = readRefusal(status, answer);
      if (!PASSING.has(status)) throw reason;
      throw new Repeat(reason, retryAfterMs(headers.get("retry-after"), this.#parts.environment.nowMs()));
    }
    const read = call.read(answer);
    if (read === undefined) throw new TidewireError("bad_answer", "What answered is no gateway.");
    return read;
  }

  async #fetch({ path, body }: Call<unknown>, signal: AbortSignal) {
    const { base, apiKey, fetch } = this.#parts;
    const headers = {
      accept: "application/json",
      ...(apiKey !== undefined && { authorization: `Bearer ${apiKey}` }),
      ...(body && { "content-type": "application/json" }),
    };
    const request = body ? { method: "POST", body: body() } : { method: "GET" };
    try {
      // A redirect would turn a publication into a GET, or carry the key elsewhere.
      const init: RequestInit = { ...request, headers, signal, redirect: "manual" };
      const response = await fetch(new URL(`api/v1/${path}`, base).href, init);
      return { status: response.status, headers: response.headers, text: await response.text() };
    } catch (cause) {
      const message = "The connection could not be opened, or ended before the answer came.";
      throw new Repeat(new TidewireError("connection_lost", message, { cause, retry: true }));
    }
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
