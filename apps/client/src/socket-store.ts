/**
 * Keeps one WebSocket alive and the log of what it brought, without knowing React.
 * At most one socket and one timer exist at any time, and none after `close()`.
 */

import { closeVerdict, type ClosedSocket, type Failure } from "./close-verdict.ts";
import type { ConnectionState } from "./connection-state.ts";
import { hexPreview } from "./hex-preview.ts";
import { LogBuffer, type LogView, type NoteTone } from "./log-buffer.ts";
import { reconnectDelayMs } from "./reconnect-delay.ts";
import type { SocketEnvironment, SocketLike } from "./socket-environment.ts";

export interface SocketTarget {
  readonly url: string;
  readonly channel: string;
}

export interface SocketSnapshot {
  readonly state: ConnectionState;
  readonly log: LogView;
}

const LOG_LIMIT = 500;
/** Browsers themselves may wait for minutes on a network that swallows packets. */
const CONNECT_TIMEOUT_MS = 10_000;
/** A connection that ended sooner than this does not count as a recovery. */
const STEADY_AFTER_MS = 5_000;

export class SocketStore {
  readonly #environment: SocketEnvironment;
  readonly #log = new LogBuffer(LOG_LIMIT);
  readonly #listeners = new Set<() => void>();
  #snapshot: SocketSnapshot = { state: { kind: "idle" }, log: this.#log.view };
  #target: SocketTarget | undefined;
  #socket: SocketLike | undefined;
  #listening: AbortController | undefined;
  #cancelTimer: (() => void) | undefined;
  #isFrameDue = false;
  #openedAtMs: number | undefined;
  #wasEverOpen = false;
  #failedTries = 0;
  #failure: Failure | undefined;

  constructor(environment: SocketEnvironment) {
    this.#environment = environment;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly getSnapshot = (): SocketSnapshot => this.#snapshot;

  /** Connects, and stays connected until `close()` or another `open()`. */
  open(target: SocketTarget): void {
    this.#letGo();
    this.#target = target;
    this.#wasEverOpen = false;
    this.#failedTries = 0;
    this.#failure = undefined;
    this.#become({ kind: "connecting", failure: undefined });
    // Not in this very turn: React's StrictMode mounts, unmounts and mounts again, and the first
    // socket would be thrown away while it connects, which browsers warn about.
    this.#setTimer(0, () => this.#connect());
  }

  /** Gives up with a reason that trying again would not change. */
  halt(failure: Failure): void {
    this.#letGo();
    this.#target = undefined;
    this.#become({ kind: "stopped", failure, canRetry: false });
  }

  close(): void {
    this.#letGo();
    this.#target = undefined;
    this.#become({ kind: "idle" });
  }

  /** False when the text did not go out, so that the caller keeps it. */
  send(text: string): boolean {
    if (this.#snapshot.state.kind !== "open" || this.#socket === undefined) return false;
    try {
      this.#socket.send(text);
      return true;
    } catch {
      return false;
    }
  }

  /** Tries at once instead of waiting; nothing happens while a try runs or a connection stands. */
  readonly tryNow = (): void => {
    const { kind } = this.#snapshot.state;
    if (kind === "stopped" && this.#target !== undefined) this.#failedTries = 0;
    else if (kind !== "waiting" && kind !== "offline") return;
    if (this.#socket === undefined) this.#connect();
  };

  /** To be called when the page came back into view or the network's state changed. */
  readonly onSurroundingsChange = (): void => {
    const { state } = this.#snapshot;
    const isDeviceOffline = !this.#environment.isOnline();
    if (state.kind === "open") {
      if (state.isDeviceOffline !== isDeviceOffline) this.#become({ kind: "open", isDeviceOffline });
      return;
    }
    if (!isDeviceOffline && state.kind === "offline" && this.#socket !== undefined) {
      // The try that is under way was begun without a network.
      this.#letGo();
    }
    if (isDeviceOffline && (state.kind === "waiting" || state.kind === "connecting")) {
      this.#become({ kind: "offline" });
    } else if (state.kind === "waiting" || state.kind === "offline") {
      this.tryNow();
    }
  };

  clearLog(): void {
    this.#log.clear();
    this.#become();
  }

  #connect(): void {
    const target = this.#target;
    if (target === undefined) return;
    this.#letGo();
    this.#become(this.#orOffline({ kind: "connecting", failure: this.#failure }));
    let socket: SocketLike;
    try {
      socket = this.#environment.openSocket(target.url);
    } catch (error) {
      this.#stop({ title: "Cannot connect", detail: String(error) });
      return;
    }
    socket.binaryType = "arraybuffer";
    const { signal } = (this.#listening = new AbortController());
    socket.addEventListener("open", () => this.#onOpen(target), { signal });
    socket.addEventListener("message", (event) => this.#onMessage(event.data), { signal });
    socket.addEventListener("close", (event) => this.#onClose(event), { signal });
    this.#socket = socket;
    this.#setTimer(CONNECT_TIMEOUT_MS, () => this.#onClose({ code: 1006, reason: "" }));
  }

  #onOpen(target: SocketTarget): void {
    this.#clearTimer();
    this.#openedAtMs = this.#environment.nowMs();
    this.#failure = undefined;
    if (this.#wasEverOpen) {
      this.#note("good", `Connected to “${target.channel}” again.`);
      this.#note("warning", "Possible gap: messages sent meanwhile were not kept for this page.");
    } else {
      this.#note("good", `Connected. Listening on “${target.channel}”.`);
    }
    this.#wasEverOpen = true;
    this.#become({ kind: "open", isDeviceOffline: !this.#environment.isOnline() });
  }

  #onMessage(data: unknown): void {
    const atMs = this.#environment.nowMs();
    if (typeof data === "string") {
      this.#log.add({ kind: "text", text: data }, atMs);
    } else if (data instanceof ArrayBuffer) {
      const preview = hexPreview(data);
      this.#log.add({ kind: "binary", sizeBytes: data.byteLength, preview }, atMs);
    }
    if (this.#isFrameDue) return;
    this.#isFrameDue = true;
    this.#environment.nextFrame(() => {
      this.#isFrameDue = false;
      this.#become();
    });
  }

  #onClose({ code, reason }: Pick<CloseEvent, "code" | "reason">): void {
    const nowMs = this.#environment.nowMs();
    const closed: ClosedSocket = { code, reason, wasOpen: this.#openedAtMs !== undefined };
    const wasSteady = this.#openedAtMs !== undefined && nowMs - this.#openedAtMs >= STEADY_AFTER_MS;
    const { next, failure } = closeVerdict(closed);
    this.#letGo();
    if (next === "stop") {
      this.#stop(failure);
      return;
    }
    // A long outage is one note, not one for each try.
    if (closed.wasOpen || failure.detail !== this.#failure?.detail) {
      this.#note("warning", `${failure.title}. ${failure.detail}`);
    }
    if (wasSteady) this.#failedTries = 0;
    const delayMs = reconnectDelayMs(this.#failedTries, () => this.#environment.random());
    this.#failedTries += 1;
    this.#failure = failure;
    this.#become(this.#orOffline({ kind: "waiting", failure, retryAtMs: nowMs + delayMs }));
    this.#setTimer(delayMs, () => this.#connect());
  }

  #stop(failure: Failure): void {
    this.#note("bad", `${failure.title}. ${failure.detail}`);
    this.#become({ kind: "stopped", failure, canRetry: true });
  }

  /** Tries go on while offline: a gateway on this very machine needs no network. */
  #orOffline(state: ConnectionState): ConnectionState {
    return this.#environment.isOnline() ? state : { kind: "offline" };
  }

  #letGo(): void {
    this.#clearTimer();
    this.#openedAtMs = undefined;
    this.#listening?.abort();
    this.#socket?.close();
    this.#socket = undefined;
  }

  #setTimer(delayMs: number, callback: () => void): void {
    this.#clearTimer();
    this.#cancelTimer = this.#environment.after(delayMs, callback);
  }

  #clearTimer(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  #note(tone: NoteTone, text: string): void {
    this.#log.add({ kind: "note", tone, text }, this.#environment.nowMs());
  }

  #become(state: ConnectionState = this.#snapshot.state): void {
    this.#snapshot = { state, log: this.#log.commit() };
    for (const listener of this.#listeners) listener();
  }
}
