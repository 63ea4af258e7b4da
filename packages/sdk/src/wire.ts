/**
 * One WebSocket: requests with their replies, pushes in order, many lines in a frame.
 *
 * Invariant: after `end()` nothing of it is heard any more, whatever the socket still brings.
 */
import {
  decodeAnswer,
  type ErrorCode,
  type ErrorReply,
  MAX_MESSAGES_PER_FRAME,
  type Push,
  type Reply,
} from "@tidewire/protocol";
import type { SocketLike } from "./environment.ts";

export interface WireHandlers {
  onOpen(): void;
  onPush(push: Push): void;
  /** Whatever came, also what can't be read: the other side lives. */
  onHeard(): void;
  onClose(code: number, text: string): void;
}

type ReplyType = Exclude<Reply["type"], "error">;

/** What a request of that kind is answered with. */
export type AnswerOf<Type extends ReplyType> = Extract<Reply, { readonly type: Type }> | ErrorReply;

interface Pending {
  readonly expected: ReplyType;
  readonly onReply: (reply: Reply) => void;
}

const encoder = new TextEncoder();

/** Its size as UTF-8. */
export function byteLength(text: string): number {
  return encoder.encode(text).length;
}

export class Wire {
  readonly #socket: SocketLike;
  readonly #handlers: WireHandlers;
  readonly #listening = new AbortController();
  readonly #pending = new Map<number, Pending>();
  #lastId = 0;
  #lines: string[] = [];
  #frameBytes = 0;
  /** How large a frame may be: {@link request} keeps to it. */
  maxFrameBytes = Infinity;
  /** For how long the gateway remembers keys, in milliseconds. */
  idempotencyWindowMs = Infinity;

  constructor(socket: SocketLike, handlers: WireHandlers) {
    this.#socket = socket;
    this.#handlers = handlers;
    const { signal } = this.#listening;
    socket.addEventListener("open", () => handlers.onOpen(), { signal });
    socket.addEventListener("message", ({ data }) => this.#take(data), { signal });
    socket.addEventListener("close", ({ code, reason }) => handlers.onClose(code, reason), { signal });
  }

  /**
   * Sends one request, in the same frame as all others of this turn that fit.
   *
   * @param write the line for the id that it gets
   * @param onReply called once at most: not when the wire ends before. A line that is larger than a frame may be is not
   *   sent, since that would cost the connection: it is answered `too_large` at once. So is what JSON can't say, with
   *   `bad_request`: an option that is a browser's event, say.
   */
  request<Type extends ReplyType>(
    expected: Type,
    write: (id: number) => string,
    onReply: (reply: AnswerOf<Type>) => void,
  ): void {
    this.#lastId += 1;
    const id = this.#lastId;
    const refuse = (code: ErrorCode, message: string) =>
      onReply({ type: "error", id, code, message, retry: false });
    let line: string;
    try {
      line = write(id);
    } catch {
      return refuse("bad_request", "JSON can't say this.");
    }
    const bytes = byteLength(line);
    if (bytes > this.maxFrameBytes) {
      const message = `A request has at most ${this.maxFrameBytes} bytes.`;
      return refuse("too_large", message);
    }
    this.#pending.set(id, { expected, onReply: onReply as Pending["onReply"] });
    this.#send(line, bytes);
  }

  /** Closes the socket, if it is not closed, and forgets all that was asked. */
  end(): void {
    this.#listening.abort();
    this.#pending.clear();
    this.#lines = [];
    this.#socket.close();
  }

  #send(line: string, bytes: number): void {
    const isFull =
      this.#lines.length === MAX_MESSAGES_PER_FRAME || this.#frameBytes + bytes > this.maxFrameBytes;
    if (isFull) this.#flush();
    if (this.#lines.length === 0) queueMicrotask(() => this.#flush());
    this.#lines.push(line);
    this.#frameBytes += bytes + 1;
  }

  #flush(): void {
    const frame = this.#lines.join("\n");
    this.#lines = [];
    this.#frameBytes = 0;
    if (frame) this.#socket.send(frame);
  }

  #take(data: unknown): void {
    this.#handlers.onHeard();
    if (typeof data !== "string") return;
    for (const line of data.split("\n")) {
      // What one line led to may have ended the wire.
      if (this.#listening.signal.aborted) return;
      const result = decodeAnswer(line);
      if (result.kind === "answer") this.#hear(result.answer);
    }
  }

  #hear(answer: Reply | Push): void {
    if (!("id" in answer)) return this.#handlers.onPush(answer);
    const pending = this.#pending.get(answer.id);
    // An id that nobody waits for, or an answer to something else: no gateway says that.
    if (!pending || (answer.type !== "error" && answer.type !== pending.expected)) return;
    this.#pending.delete(answer.id);
    pending.onReply(answer);
  }
}
