/**
 * One connection to Redis, watched: made fit when it is new, asked again and again whether it still is, and cut
 * when it does not answer.
 *
 * Invariant: it counts as up only if it has proved itself since it was opened, and not longer ago than the check
 * interval and the command timeout together.
 */
import type { Redis } from "ioredis";
import { type LinkEvent, type LinkState, nextLinkState } from "./link-state.ts";

/** With the command timeout, a dead connection is noticed within 8 s. */
const CHECK_INTERVAL_MS = 3_000;
/** How long a connection that is not fit is left alone before it is opened anew, in milliseconds. */
const UNFIT_INTERVAL_MS = 1_000;

export type Verdict =
  | { readonly event: "proved" | "silent" }
  | { readonly event: "unfit"; readonly reason: string };

export interface RedisLinkOptions {
  readonly client: Redis;
  /** How often it is asked, in milliseconds. @default CHECK_INTERVAL_MS */
  readonly checkIntervalMs?: number | undefined;
  /** Makes a new connection fit for use. */
  readonly settle: () => Promise<Verdict>;
  /** Asks a connection in use whether it still is fit. */
  readonly prove: () => Promise<Verdict>;
  /** The connection is gone, and all that was tied to it. */
  readonly onClosed: () => void;
  /** The state changed, or the reason for a bad one did. */
  readonly onChange: (reason?: unknown) => void;
}

export class RedisLink {
  readonly #options: RedisLinkOptions;
  #state: LinkState = "connecting";
  #timer: NodeJS.Timeout | undefined;
  /** Counts connections, so that a late verdict on an old one is passed over. */
  #connection = 0;

  constructor(options: RedisLinkOptions) {
    this.#options = options;
    const { client, onChange } = options;
    client.on("ready", () => {
      this.#connection += 1;
      this.#enter("ready");
      void this.#judge(options.settle);
    });
    client.on("close", () => {
      this.#connection += 1;
      clearTimeout(this.#timer);
      options.onClosed();
      this.#enter("closed");
    });
    client.on("error", (error) => onChange(error));
  }

  get isUp(): boolean {
    return this.#state === "up";
  }

  /** Ends a connection that does not answer; ioredis then opens another. */
  cut(): void {
    this.#enter("silent", new Error("it does not answer"));
    this.#reopen();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#options.client.disconnect();
  }

  #reopen(): void {
    // While it is connecting anew by itself, a disconnect could leave it without any connection.
    if (this.#options.client.status === "ready") this.#options.client.disconnect(true);
  }

  async #judge(ask: () => Promise<Verdict>): Promise<void> {
    const { prove, checkIntervalMs = CHECK_INTERVAL_MS } = this.#options;
    const connection = this.#connection;
    const verdict = await ask();
    if (connection !== this.#connection) return;
    switch (verdict.event) {
      case "proved":
        this.#enter("proved");
        this.#timer = setTimeout(() => void this.#judge(prove), checkIntervalMs).unref();
        return;
      case "silent":
        this.cut();
        return;
      case "unfit":
        this.#enter("unfit", new Error(verdict.reason));
        // A new connection finds another server, too, behind a name that has moved.
        this.#timer = setTimeout(() => this.#reopen(), UNFIT_INTERVAL_MS).unref();
        return;
      default:
        verdict satisfies never;
    }
  }

  #enter(event: LinkEvent, reason?: unknown): void {
    const next = nextLinkState(this.#state, event);
    const isChanged = next !== this.#state;
    this.#state = next;
    if (isChanged || reason !== undefined) this.#options.onChange(reason);
  }
}
