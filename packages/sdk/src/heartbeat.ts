/** Notices a connection of which nothing comes any more, since browsers do not show the pings of a gateway. */
import type { Environment } from "./environment.ts";
import type { Limits } from "./options.ts";

export interface HeartbeatOptions {
  /** What the gateway says: the interval of its own heartbeat, in milliseconds; 0 where it has none. */
  readonly gatewayIntervalMs: number;
  readonly limits: Pick<Limits, "heartbeatIntervalMs" | "heartbeatTimeoutMs">;
  readonly environment: Environment;
  /** Asks. What comes then, whatever it is, is to be reported with {@link Heartbeat.hear}. */
  readonly ask: () => void;
  /** Nothing came. Called once at most. */
  readonly onSilence: () => void;
}

export class Heartbeat {
  readonly #options: HeartbeatOptions;
  readonly #intervalMs: number;
  #isAsked = false;
  #cancelTimer = () => {};

  constructor(options: HeartbeatOptions) {
    const { gatewayIntervalMs, limits } = options;
    this.#options = options;
    this.#intervalMs = Math.min(orNever(gatewayIntervalMs), orNever(limits.heartbeatIntervalMs));
    this.hear();
  }

  /** Something came. */
  hear(): void {
    this.#isAsked = false;
    this.#setTimer(this.#intervalMs, () => this.probe());
  }

  /** Asks now: there is a reason to doubt the connection. */
  probe(): void {
    if (this.#isAsked) return;
    this.#isAsked = true;
    const { limits, onSilence } = this.#options;
    this.#setTimer(Math.min(this.#intervalMs, limits.heartbeatTimeoutMs), onSilence);
    this.#options.ask();
  }

  end(): void {
    this.#cancelTimer();
  }

  #setTimer(delayMs: number, callback: () => void): void {
    this.#cancelTimer();
    this.#cancelTimer = this.#options.environment.after(delayMs, callback);
  }
}

function orNever(ms: number): number {
  return ms > 0 ? ms : Infinity;
}
