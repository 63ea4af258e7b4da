/** What the socket store needs of the world, and how a browser provides it. */

/** The part of a browser's WebSocket that is used here. */
export interface SocketLike {
  binaryType: BinaryType;
  addEventListener<Type extends "open" | "message" | "close">(
    type: Type,
    listener: (event: WebSocketEventMap[Type]) => void,
    options: { readonly signal: AbortSignal },
  ): void;
  send(text: string): void;
  close(): void;
}

/** What the store needs of the world; a test hands in its own. */
export interface SocketEnvironment {
  openSocket(url: string): SocketLike;
  /** Calls back once after the time; the result cancels it. */
  after(delayMs: number, callback: () => void): () => void;
  /** Calls back once, at the next frame to be drawn. */
  nextFrame(callback: () => void): void;
  nowMs(): number;
  random(): number;
  isOnline(): boolean;
}

/** A hidden page gets no frames at all; its log is brought up to date this often instead. */
const HIDDEN_FRAME_MS = 500;

export function browserEnvironment(): SocketEnvironment {
  return {
    openSocket: (url) => new WebSocket(url),
    after: (delayMs, callback) => {
      const timer = setTimeout(callback, delayMs);
      return () => clearTimeout(timer);
    },
    nextFrame: (callback) => {
      const run = () => {
        cancelAnimationFrame(frame);
        clearTimeout(timer);
        callback();
      };
      const frame = requestAnimationFrame(run);
      const timer = setTimeout(run, HIDDEN_FRAME_MS);
    },
    nowMs: () => Date.now(),
    random: () => Math.random(),
    isOnline: () => navigator.onLine,
  };
}
