/**
 * What is a WebSocket to a client, and leads through the worker; or past it, where the worker does not answer.
 *
 * Invariant: after `close()`, and after a `close` event, it holds no port, no lock and no timer.
 */
import type { Environment, SocketLike } from "../environment.ts";
import { type FromTab, type FromWorker, PORT_VERSION } from "./port-messages.ts";
import { hold, type Locks, onRelease } from "./sign-of-life.ts";

/** The part of a SharedWorker that is used here. */
export interface WorkerLike {
  readonly port: MessagePort;
  addEventListener(type: "error", listener: () => void, options: { readonly signal: AbortSignal }): void;
}

export interface SharedSocketParts {
  readonly worker: WorkerLike;
  readonly url: string;
  readonly as: string;
  readonly locks: Locks;
  readonly helloTimeoutMs: number;
  readonly environment: Pick<Environment, "after" | "newKey">;
  /** A WebSocket past the worker. May throw. */
  readonly openOwn: () => SocketLike;
  /** The worker is of no use to this client. */
  readonly onUnusable: () => void;
}

/** As for a WebSocket whose connection broke, and for one that may not be opened: coming back would end the same. */
const [BROKEN, NOT_ALLOWED] = [1006, 1008];

export class SharedSocket implements SocketLike {
  readonly #parts: SharedSocketParts;
  readonly #target = new EventTarget();
  readonly #leaving = new AbortController();
  readonly #cancelTimer: () => void;
  /** The WebSocket past the worker, once there is one. */
  #own: SocketLike | undefined;
  #isOpened = false;
  #isClosed = false;

  constructor(parts: SharedSocketParts) {
    const { worker, locks, environment, helloTimeoutMs } = parts;
    const { signal } = this.#leaving;
    this.#parts = parts;
    this.#cancelTimer = environment.after(helloTimeoutMs, () => this.#goPast());
    worker.addEventListener("error", () => this.#fail(), { signal });
    worker.port.addEventListener("message", ({ data }) => this.#take(data as FromWorker), { signal });
    worker.port.start();
    const lock = `tidewire-tab-${environment.newKey()}`;
    hold(locks, lock, signal).then(
      () => this.#open(lock),
      () => this.#goPast(),
    );
  }

  addEventListener<Type extends "open" | "message" | "close">(
    type: Type,
    listener: (event: WebSocketEventMap[Type]) => void,
    options: { readonly signal: AbortSignal },
  ): void {
    this.#target.addEventListener(type, listener as (event: Event) => void, options);
  }

  send(text: string): void {
    if (this.#own) this.#own.send(text);
    else this.#post({ kind: "frame", text });
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#own?.close();
    this.#leave();
  }

  get #hasLeft(): boolean {
    return this.#leaving.signal.aborted;
  }

  #open(lock: string): void {
    const { url, as } = this.#parts;
    this.#post({ kind: "open", version: PORT_VERSION, url, as, lock });
  }

  #take(message: FromWorker): void {
    switch (message.kind) {
      case "opened":
        this.#cancelTimer();
        this.#isOpened = true;
        onRelease(this.#parts.locks, message.lock, this.#leaving.signal, () => this.#fail());
        return this.#dispatch(new Event("open"));
      case "refused":
        return this.#goPast();
      case "frame":
        // First: what the frame leads to may take its time, but it has arrived.
        this.#post({ kind: "heard", length: message.text.length });
        return this.#dispatch(new MessageEvent("message", { data: message.text }));
      case "close":
        return this.#end(message.code, message.reason);
      default:
        // Of a newer worker: nothing that must be understood.
        message satisfies never;
    }
  }

  /** The worker's script can't be loaded, or has thrown; or the worker was ended. */
  #fail(): void {
    if (this.#isOpened) this.#end(BROKEN, "The worker has ended.");
    else this.#goPast();
  }

  #goPast(): void {
    if (this.#isClosed || this.#hasLeft) return;
    this.#leave();
    this.#parts.onUnusable();
    try {
      this.#own = this.#parts.openOwn();
    } catch {
      return this.#end(NOT_ALLOWED, "This URL can't be opened here.");
    }
    // Its listeners end with it: after `close` nothing comes from a WebSocket, and nobody listens here.
    const { signal } = new AbortController();
    this.#own.addEventListener("open", () => this.#dispatch(new Event("open")), { signal });
    this.#own.addEventListener(
      "message",
      ({ data }) => this.#dispatch(new MessageEvent("message", { data })),
      {
        signal,
      },
    );
    this.#own.addEventListener("close", ({ code, reason }) => this.#end(code, reason), { signal });
  }

  #end(code: number, reason: string): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#leave();
    this.#target.dispatchEvent(new CloseEvent("close", { code, reason }));
  }

  #dispatch(event: Event): void {
    if (!this.#isClosed) this.#target.dispatchEvent(event);
  }

  #post(message: FromTab): void {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port, not a window
    if (!this.#hasLeft) this.#parts.worker.port.postMessage(message);
  }

  /** Leaves the worker, with the lock. */
  #leave(): void {
    this.#post({ kind: "close" });
    this.#cancelTimer();
    this.#leaving.abort();
    this.#parts.worker.port.close();
  }
}
