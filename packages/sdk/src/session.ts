/** One connection that can be used, from the gateway's `connected` to its end: signs of life, and a token that lasts. */
import type { Connected } from "@tidewire/protocol";
import type { Credentials } from "./credentials.ts";
import type { Environment } from "./environment.ts";
import { Heartbeat } from "./heartbeat.ts";
import type { Limits } from "./options.ts";
import { TokenRefresh } from "./token-refresh.ts";
import type { Wire } from "./wire.ts";

export interface SessionParts {
  readonly wire: Wire;
  readonly connected: Connected;
  readonly credentials: Credentials;
  readonly environment: Environment;
  readonly limits: Limits;
  /** Nothing comes any more: the connection is as good as lost. */
  readonly onSilence: () => void;
}

export class Session {
  readonly #parts: SessionParts;
  readonly #heartbeat: Heartbeat;
  readonly #refresh: TokenRefresh;
  readonly #beganAtMs: number;

  constructor(parts: SessionParts) {
    const { wire, connected, environment, limits, onSilence } = parts;
    wire.maxFrameBytes = connected.maxFrameBytes;
    wire.idempotencyWindowMs = connected.idempotencyWindowMs;
    this.#parts = parts;
    this.#beganAtMs = environment.nowMs();
    this.#refresh = new TokenRefresh(parts);
    this.#heartbeat = new Heartbeat({
      gatewayIntervalMs: connected.heartbeatIntervalMs,
      limits,
      environment,
      ask: () => wire.request("pong", (id) => JSON.stringify({ type: "ping", id }), ignore),
      onSilence,
    });
  }

  /** Whether it has lasted long enough to count as a recovery. */
  get isSteady(): boolean {
    return this.#parts.environment.nowMs() - this.#beganAtMs >= this.#parts.limits.steadyAfterMs;
  }

  /** Who is connected with whom. */
  get facts() {
    const { connection, gateway, user } = this.#parts.connected;
    return { id: connection, gateway, ...(user !== undefined && { user }) };
  }

  /** Something came. */
  hear(): void {
    this.#heartbeat.hear();
  }

  /** There is a reason to doubt the connection: asks for a sign of life at once. */
  probe(): void {
    this.#heartbeat.probe();
  }

  /** The token ends soon. */
  refresh(): void {
    this.#refresh.begin();
  }

  end(): void {
    this.#heartbeat.end();
    this.#refresh.end();
  }
}

/** Any line is a sign of life, and was counted as it came. */
const ignore = () => {};
