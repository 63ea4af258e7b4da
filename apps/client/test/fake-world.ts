/** A socket environment whose time, luck, network and sockets a test has in hand. */

import type { SocketEnvironment, SocketLike } from "../src/socket-environment.ts";

export class FakeSocket implements SocketLike {
  readonly #events = new EventTarget();
  readonly url: string;
  readonly sent: string[] = [];
  binaryType: BinaryType = "blob";
  isClosed = false;

  constructor(url: string) {
    this.url = url;
  }

  send(text: string): void {
    this.sent.push(text);
  }

  close(): void {
    this.isClosed = true;
  }

  addEventListener<Type extends "open" | "message" | "close">(
    type: Type,
    listener: (event: WebSocketEventMap[Type]) => void,
    options: { readonly signal: AbortSignal },
  ): void {
    // The fake's own methods below see to it that each event has the fields of its type.
    this.#events.addEventListener(type, listener as (event: Event) => void, options);
  }

  opens(): void {
    this.#events.dispatchEvent(new Event("open"));
  }

  brings(data: unknown): void {
    this.#events.dispatchEvent(Object.assign(new Event("message"), { data }));
  }

  ends(code: number, reason = ""): void {
    this.isClosed = true;
    this.#events.dispatchEvent(Object.assign(new Event("close"), { code, reason }));
  }
}

interface Timer {
  readonly dueMs: number;
  readonly callback: () => void;
}

export class FakeWorld implements SocketEnvironment {
  readonly sockets: FakeSocket[] = [];
  readonly #timers = new Set<Timer>();
  #frames: (() => void)[] = [];
  #nowMs = 1_000_000;
  luck = 0.5;
  hasNetwork = true;

  /** The socket that was opened last. */
  get socket(): FakeSocket {
    const socket = this.sockets.at(-1);
    if (socket === undefined) throw new Error("no socket was opened");
    return socket;
  }

  get pendingTimers(): number {
    return this.#timers.size;
  }

  get pendingFrames(): number {
    return this.#frames.length;
  }

  openSocket(url: string): FakeSocket {
    const socket = new FakeSocket(url);
    this.sockets.push(socket);
    return socket;
  }

  after(delayMs: number, callback: () => void): () => void {
    const timer = { dueMs: this.#nowMs + delayMs, callback };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  nextFrame(callback: () => void): void {
    this.#frames.push(callback);
  }

  nowMs(): number {
    return this.#nowMs;
  }

  random(): number {
    return this.luck;
  }

  isOnline(): boolean {
    return this.hasNetwork;
  }

  pass(ms: number): void {
    const untilMs = this.#nowMs + ms;
    for (;;) {
      const [next] = [...this.#timers]
        .filter((timer) => timer.dueMs <= untilMs)
        .toSorted((a, b) => a.dueMs - b.dueMs);
      if (next === undefined) break;
      this.#timers.delete(next);
      this.#nowMs = next.dueMs;
      next.callback();
    }
    this.#nowMs = untilMs;
  }

  drawFrame(): void {
    const due = this.#frames;
    this.#frames = [];
    for (const callback of due) callback();
  }
}
