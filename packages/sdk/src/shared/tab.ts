/**
 * In the worker: one client in one tab, as a gateway has a connection.
 *
 * Invariant: what was sent to it and has not arrived is bounded, since a tab may be frozen for hours.
 */
import {
  CLOSE_CODES,
  decodeRequest,
  errorReply,
  type Push,
  type Reply,
  type Request,
} from "@tidewire/protocol";
import type { FromTab, FromWorker } from "./port-messages.ts";

/** In characters. */
const MAX_UNHEARD = 4_194_304;

export interface TabHandlers {
  onRequest(request: Request): void;
  /** The last call. */
  onEnd(): void;
}

export class Tab {
  readonly #port: MessagePort;
  readonly #handlers: TabHandlers;
  readonly #ending = new AbortController();
  #lines: string[] = [];
  #unheard = 0;

  constructor(port: MessagePort, lock: string, handlers: TabHandlers) {
    this.#port = port;
    this.#handlers = handlers;
    port.addEventListener("message", ({ data }) => this.#take(data as FromTab));
    this.#post({ kind: "opened", lock });
  }

  /** Aborted with it. */
  get signal(): AbortSignal {
    return this.#ending.signal;
  }

  /** A line; all those of one turn go together. */
  say(line: Reply | Push | string): void {
    if (this.#lines.length === 0) queueMicrotask(() => this.#flush());
    this.#lines.push(typeof line === "string" ? line : JSON.stringify(line));
  }

  /** As a gateway closes a WebSocket, behind what was said before. */
  close(code: number, reason: string): void {
    this.#flush();
    this.#close(code, reason);
  }

  /** Nobody is there any more. */
  end(): void {
    if (this.#isEnded) return;
    this.#ending.abort();
    this.#lines = [];
    this.#port.close();
    this.#handlers.onEnd();
  }

  get #isEnded(): boolean {
    return this.signal.aborted;
  }

  #take(message: FromTab): void {
    switch (message.kind) {
      case "frame":
        for (const line of message.text.split("\n")) this.#read(line);
        return;
      case "heard":
        this.#unheard -= message.length;
        return;
      case "open":
      case "close":
        return this.end();
      default:
        message satisfies never;
    }
  }

  #read(line: string): void {
    if (this.#isEnded) return;
    const result = decodeRequest(line);
    switch (result.kind) {
      case "request":
        return this.#handlers.onRequest(result.request);
      case "fault":
        return this.say(errorReply(result.id, result.code, result.message));
      case "malformed":
        return;
      default:
        result satisfies never;
    }
  }

  #flush(): void {
    const text = this.#lines.join("\n");
    this.#lines = [];
    if (text === "" || this.#isEnded) return;
    if (this.#unheard > 0 && this.#unheard + text.length > MAX_UNHEARD) {
      const { code, reason } = CLOSE_CODES.slowReader;
      return this.#close(code, reason);
    }
    this.#unheard += text.length;
    this.#post({ kind: "frame", text });
  }

  #close(code: number, reason: string): void {
    if (this.#isEnded) return;
    this.#post({ kind: "close", code, reason });
    this.end();
  }

  #post(message: FromWorker): void {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port, not a window
    this.#port.postMessage(message);
  }
}
