/** What an HTTP answer that is no success means. */
import { isFields } from "@tidewire/protocol";
import { TidewireError, type TidewireErrorCode } from "../tidewire-error.ts";

/** Where a proxy answers in place of a gateway, in words of its own. */
const CODES: Readonly<Record<number, TidewireErrorCode>> = {
  401: "unauthorized",
  403: "forbidden",
  404: "not_found",
  413: "too_large",
  429: "rate_limited",
  // The gateway behind the proxy may have taken it.
  502: "connection_lost",
  503: "unavailable",
  504: "no_answer",
};

/** By the gateway's own error where there is one, and else by the status. */
export function readRefusal(status: number, answer: unknown): TidewireError {
  const retry = status === 429 || (status >= 500 && status !== 501);
  const error = isFields(answer) && isFields(answer["error"]) ? answer["error"] : {};
  const { code, message } = error;
  if (typeof code === "string" && typeof message === "string")
    return new TidewireError(code, message, { retry });
  const said = `What answered is no gateway; its status was ${status}.`;
  return new TidewireError(CODES[status] ?? "bad_answer", said, { retry });
}

/** Of the header `Retry-After`: seconds, or a date. 0 where it says neither. */
export function retryAfterMs(header: string | null, nowMs: number): number {
  if (header === null) return 0;
  const ms = /^\d+$/.test(header) ? Number(header) * 1_000 : Date.parse(header) - nowMs;
  return ms > 0 ? ms : 0;
}
