/** Error codes: how a refused request is answered, over HTTP, at the WebSocket upgrade and in v1. */

/**
 * Every error code with its HTTP status. `retry` says whether the same request may succeed later, unchanged.
 *
 * Over HTTP an error is answered as JSON: `{"error": {"code": "invalid_channel", "message": "…"}}`. The code is for
 * programs and stays; the message is for people and may change.
 */
export const ERROR_CODES = {
  bad_request: { status: 400, retry: false },
  invalid_channel: { status: 400, retry: false },
  unknown_subprotocol: { status: 400, retry: false },
  unknown_type: { status: 400, retry: false },
  unauthorized: { status: 401, retry: false },
  forbidden: { status: 403, retry: false },
  forbidden_host: { status: 403, retry: false },
  forbidden_origin: { status: 403, retry: false },
  not_found: { status: 404, retry: false },
  timeout: { status: 408, retry: false },
  already_connected: { status: 409, retry: false },
  already_subscribed: { status: 409, retry: false },
  not_subscribed: { status: 409, retry: false },
  cancelled: { status: 409, retry: false },
  too_many_subscriptions: { status: 409, retry: false },
  too_large: { status: 413, retry: false },
  unsupported_media_type: { status: 415, retry: false },
  rate_limited: { status: 429, retry: true },
  too_many_connections: { status: 429, retry: true },
  headers_too_large: { status: 431, retry: false },
  internal: { status: 500, retry: true },
  unsupported: { status: 501, retry: false },
  unavailable: { status: 503, retry: true },
  unconfirmed: { status: 504, retry: true },
} as const satisfies Record<string, { status: number; retry: boolean }>;

export type ErrorCode = keyof typeof ERROR_CODES;

/** A refusal as a value: which code, and a sentence for the one who asked. */
export interface Refusal {
  readonly code: ErrorCode;
  readonly message: string;
}
