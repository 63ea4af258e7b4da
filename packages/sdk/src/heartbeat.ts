/** Notices a connection of which nothing comes any more, since browsers do not show the pings of a gateway. */
import type { Environment } from "./environment.ts";

export interface HeartbeatOptions {
  /** After this much silence the gateway is asked for a sign of life. */
  readonly intervalMs: number;
  /** How long it may take to give one. */
  readonly patienceMs: number;
  readonly environment: Environment;
  /** Asks. What comes then, whatever it is, is to be reported with {@link Heartbeat.hear}. */
  readonly ask: () => void;
  /** Nothing came. Called once at most. */
  readonly onSilence: () => void;
}

export class Heartbeat {
  readonly #options: HeartbeatOptions;
  #isAsked = false;
  #cancelTimer = () => {};

  constructor(options: HeartbeatOptions) {
    this.#options = options;
    this.hear();
  }

  /** Something came. */
  hear(): void {
    this.#isAsked = false;
    this.#setTimer(this.#options.intervalMs, () => this.probe());
  }

  /** Asks now: there is a reason to doubt the connection. */
  probe(): void {
    if (this.#isAsked) return;
    this.#isAsked = true;
    this.#setTimer(this.#options.patienceMs, this.#options.onSilence);
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
