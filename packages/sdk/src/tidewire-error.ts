/** What goes wrong, as one class: a code for programs, and whether the same may succeed later. */
import type { ErrorCode } from "@tidewire/protocol";

/** Codes of the client itself, beside those of the gateway. */
export type ClientErrorCode =
  /** `close()` was called. */
  | "closed"
  /** There is no connection, and the call did not want to wait for one. */
  | "offline"
  /** The connection ended, or could not be opened. For a publication: it went out, or it did not. */
  | "connection_lost"
  /** The gateway ended the connection in a way that says: stay away. `closeCode` says which. */
  | "refused"
  /** `getToken` threw, or did not answer in time. */
  | "token_failed"
  /** What was to be published does not fit the schema of the channel. `cause` holds the schema's issues. */
  | "invalid"
  /** As much as is allowed waits already. */
  | "queue_full"
  /** No answer came in time. */
  | "no_answer"
  /** What answered over HTTP does not speak as a gateway does: another server, or a proxy before it. */
  | "bad_answer";

/** The gateway may know codes that this client does not: expect others. */
export type TidewireErrorCode = ErrorCode | ClientErrorCode | (string & {});

export interface TidewireErrorOptions extends ErrorOptions {
  /** @default false */
  readonly retry?: boolean;
  /** The code with which the WebSocket was closed. */
  readonly closeCode?: number;
}

/** Every rejection, and every reason for a state, is one of these. */
export class TidewireError extends Error {
  override readonly name = "TidewireError";
  /** For programs; it stays. */
  readonly code: TidewireErrorCode;
  /** Whether the same may succeed later, unchanged. A publication only with the same `key`. */
  readonly retry: boolean;
  /** The code with which the WebSocket was closed, where that is the reason. */
  readonly closeCode: number | undefined;

  constructor(code: TidewireErrorCode, message: string, options: TidewireErrorOptions = {}) {
    super(message, options);
    this.code = code;
    this.retry = options.retry ?? false;
    this.closeCode = options.closeCode;
  }
}
