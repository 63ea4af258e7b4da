/** What an application sees of its connection. */
import type { TidewireError } from "./tidewire-error.ts";

/** Who is connected with whom. */
export interface ConnectionFacts {
  /** Names this connection; never used again. */
  readonly id: string;
  /** Names the gateway's process; never used again. */
  readonly gateway: string;
  /** The user id, where the client has signed in. */
  readonly user?: string;
}

export type ConnectionState =
  /** A try is under way: a token, a socket, a greeting. */
  | { readonly kind: "connecting" }
  | { readonly kind: "connected"; readonly connection: ConnectionFacts }
  /** For the next try, because of what ended the last one. A refused upgrade can't be told from an absent gateway. */
  | { readonly kind: "waiting"; readonly retryInMs: number; readonly reason: TidewireError }
  /** For good: coming back would end in the same way. `reason.code` is `unauthorized` where no token was accepted. */
  | { readonly kind: "stopped"; readonly reason: TidewireError }
  /** `close()` was called. */
  | { readonly kind: "closed" };
