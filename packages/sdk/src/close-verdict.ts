/** What the end of a connection means: come back, come back with another token, or stay away. */
import { TidewireError } from "./tidewire-error.ts";

export interface CloseVerdict {
  readonly next: "lost" | "refused";
  /** Whether the token is not good any more. */
  readonly isTokenOver: boolean;
  readonly reason: TidewireError;
}

/** Below 4000: those that say that the client did wrong, or closed by itself. Doing the same again ends the same. */
const STAY_AWAY = new Set([1000, 1002, 1003, 1007, 1008, 1009]);
const TOKEN_EXPIRED = 4004;
const UNAUTHORIZED = 4504;

/**
 * Codes are judged by their range, so that those of newer gateways are understood, too.
 *
 * @param mayRenew whether another token can be had, and was not asked for in vain just now
 */
export function closeVerdict(closeCode: number, text: string, mayRenew: boolean): CloseVerdict {
  const isTokenOver = closeCode === TOKEN_EXPIRED || closeCode === UNAUTHORIZED;
  const isFinal = STAY_AWAY.has(closeCode) || closeCode >= 4500;
  const retry = isTokenOver ? mayRenew : !isFinal;
  const code = isTokenOver ? "unauthorized" : retry ? "connection_lost" : "refused";
  const message = text || `The connection was closed with ${closeCode}.`;
  return {
    next: retry ? "lost" : "refused",
    isTokenOver,
    reason: new TidewireError(code, message, { retry, closeCode }),
  };
}
