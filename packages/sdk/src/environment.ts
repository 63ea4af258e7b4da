/** What the client needs of the world, and how browsers and Node.js provide it. A test hands in its own. */

/** The part of a WebSocket that is used here. */
export interface SocketLike {
  addEventListener<Type extends "open" | "message" | "close">(
    type: Type,
    listener: (event: WebSocketEventMap[Type]) => void,
    options: { readonly signal: AbortSignal },
  ): void;
  send(text: string): void;
  close(): void;
}

/** `online`: the network came back. `visible`: the page did, whose timers may have stood still. */
export type Wake = "online" | "visible";

export interface Environment {
  /** May throw, where the page may not open this URL at all. */
  openSocket(url: string, subprotocol: string): SocketLike;
  /** Calls back once after the time, or after the longest one that timers know; the result cancels it. */
  after(delayMs: number, callback: () => void): () => void;
  /** Wall-clock time: it goes on while a laptop sleeps. */
  nowMs(): number;
  /** From 0 up to 1. */
  random(): number;
  /** An idempotency key that nobody else will choose. */
  newKey(): string;
  /** Calls back for as long as the result was not called. Where there is no page, never. */
  onWake(listener: (wake: Wake) => void): () => void;
}

/** Longer ones fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export function defaultEnvironment(): Environment {
  return {
    openSocket: (url, subprotocol) => new WebSocket(url, subprotocol),
    after: (delayMs, callback) => {
      const timer = setTimeout(callback, Math.min(delayMs, LONGEST_TIMER_MS));
      return () => clearTimeout(timer);
    },
    nowMs: () => Date.now(),
    random: () => Math.random(),
    newKey,
    onWake,
  };
}

/** 128 random bits. Not `crypto.randomUUID()`, which pages have on HTTPS only. */
function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function onWake(listener: (wake: Wake) => void): () => void {
  const listening = new AbortController();
  const { signal } = listening;
  // A worker has a network and no page; Node.js has neither.
  if (typeof addEventListener === "function")
    addEventListener("online", () => listener("online"), { signal });
  if (typeof document !== "undefined") {
    const onVisibility = () => document.visibilityState === "visible" && listener("visible");
    document.addEventListener("visibilitychange", onVisibility, { signal });
  }
  return () => listening.abort();
}
