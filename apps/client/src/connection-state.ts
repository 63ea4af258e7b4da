/** The states a connection can be in, as one tagged union. */

import type { Failure } from "./close-verdict.ts";

export type ConnectionState =
  /** Not asked to connect yet, or closed for good. */
  | { readonly kind: "idle" }
  /** A try is under way; `failure` is why the one before ended, if there was one. */
  | { readonly kind: "connecting"; readonly failure: Failure | undefined }
  /** Subscribed. The device may say it is offline while the connection still stands. */
  | { readonly kind: "open"; readonly isDeviceOffline: boolean }
  | { readonly kind: "waiting"; readonly failure: Failure; readonly retryAtMs: number }
  /** Not connected, and the device has no network; tries go on quietly. */
  | { readonly kind: "offline" }
  /** No more tries unless the person asks for one. */
  | { readonly kind: "stopped"; readonly failure: Failure; readonly canRetry: boolean };

export function isMessageRefused(state: ConnectionState): boolean {
  return "failure" in state && state.failure?.isMessageRefused === true;
}
